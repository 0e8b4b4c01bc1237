import { createHash } from 'node:crypto';
import { createRedisAclProvider } from '../../activities/providers/redis-acl';
import { openDatabase } from '../../activities/store/database';
import { migrate } from '../../activities/store/migrate';
import type { SecretVersion } from '../../domain/credential';
import { parseMaterial } from '../../domain/secret-material';
import { FaultProxy } from '../../drills/chaos/fault-proxy';
import { startLocalStack } from '../../stack/local-stack';
import { TEST_FINGERPRINT_KEYS } from '../support/fingerprint-keys';
import { freshDatabase } from '../support/fresh-database';
import { testSecretStore } from '../support/orders-server';
import { REDIS_ADMIN, startRedis } from '../../drills/systems/redis-server';
import { sampleCredential } from '../support/sample-credential';
import type { ProviderRig } from '../support/provider-rig';
import { BUSY_REDIS } from '../support/server-says';
import { describeCredentialProvider } from './credential-provider.contract';

/** A real Redis with our least-privileged admin, and a real secret store. */
async function makeRig(): Promise<ProviderRig> {
  const stack = await startLocalStack({ servers: ['postgres'] });
  const ours = await freshDatabase(stack.postgres?.adminUrl ?? '');
  await migrate(ours.url);
  const database = openDatabase(ours.url, { applicationName: 'contract' });
  const secrets = testSecretStore(database);
  const redis = await startRedis();
  const adminWay = await FaultProxy.start({ host: '127.0.0.1', port: redis.port });
  const loginWay = await FaultProxy.start({ host: '127.0.0.1', port: redis.port });
  const adminUrl = new URL(redis.adminUrl);
  adminUrl.port = String(adminWay.port);
  const account = { adminUrl: adminUrl.toString(), host: '127.0.0.1', port: loginWay.port, tls: false };
  const settings = { ...account, keepsUsersIn: 'acl-file' as const };
  const minted = new Map<string, SecretVersion['secret']>();

  async function login(version: SecretVersion) {
    minted.set(version.publicId, version.secret);
    const { user, password } = parseMaterial('redis', await secrets.get(version.secret));
    // Not by the proxy: what is asked here must not depend on what a case broke.
    return redis.login(user, password).catch(() => undefined);
  }

  return {
    provider: createRedisAclProvider(new Map([['orders', settings]]), secrets, TEST_FINGERPRINT_KEYS[0]),
    secretStore: secrets,
    credential: sampleCredential({ id: 'orders-cache', provider: 'redis-acl' }),
    adminWay,
    loginWay,
    busy: BUSY_REDIS,
    changing: /SETUSER/,
    async accepts(version) {
      const session = await login(version);
      session?.destroy();
      return session !== undefined;
    },
    async openSession(version) {
      const session = await login(version);
      return session && { end: () => Promise.resolve(session.isOpen ? session.destroy() : undefined) };
    },
    async sessions() {
      const list = String(await redis.ask('CLIENT', 'LIST'));
      return list.split('\n').filter((line) => line.includes(' user=orders ')).length;
    },
    admin: async (accepted) => void (await redis.ask('ACL', 'SETUSER', REDIS_ADMIN.username, accepted ? 'on' : 'off')),
    kept: async () => String(await redis.ask('ACL', 'LIST')).match(/ #[0-9a-f]{64}/g)?.length ?? 0,
    records: async () => [await redis.ask('ACL', 'LIST'), await redis.keptUsers()],
    async secrets() {
      const values = await Promise.all([...minted.values()].map((ref) => secrets.get(ref)));
      const passwords = values.map((value) => parseMaterial('redis', value).password);
      const hashes = passwords.map((password) => createHash('sha256').update(password).digest('hex'));
      return [...passwords, ...hashes, REDIS_ADMIN.password];
    },
    async stop() {
      await Promise.all([adminWay.stop(), loginWay.stop(), database.end()]);
      await redis.stop();
      await stack.stop();
    },
  };
}

describeCredentialProvider({ name: 'redis-acl', make: makeRig });
