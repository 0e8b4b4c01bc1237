import type { RedisAclSettings } from '../../activities/providers/redis-account';
import { createRedisAclProvider } from '../../activities/providers/redis-acl';
import type { SecretVersion } from '../../domain/credential';
import { parseMaterial } from '../../domain/secret-material';
import { callContext } from './call-context';
import { TEST_FINGERPRINT_KEYS } from './fingerprint-keys';
import { memorySecrets } from './memory-secrets';
import { startRedis, type RedisLogin, type RedisOptions } from '../../drills/systems/redis-server';
import { sampleCredential, sampleVersion, secretRef } from './sample-credential';

export const CACHE = sampleCredential({ id: 'orders-cache', provider: 'redis-acl' });

/** The provider on a real Redis, without faults in between. */
export async function redisRig(options: RedisOptions = {}) {
  const redis = await startRedis(options);
  const secrets = memorySecrets();
  const context = callContext();

  /** The same store and Redis, reached in another way. */
  function providerOf(more: Partial<RedisAclSettings> = {}) {
    const settings: RedisAclSettings = {
      adminUrl: redis.adminUrl,
      host: '127.0.0.1',
      port: redis.port,
      tls: false,
      keepsUsersIn: options.keepsUsersIn ?? 'acl-file',
      ...more,
    };
    return createRedisAclProvider(new Map([['orders', settings]]), secrets, TEST_FINGERPRINT_KEYS[0]);
  }

  const provider = providerOf();
  const refOf = (version: number) => ({ version, secret: secretRef(CACHE.id, version) });
  const versionOf = (version: number): SecretVersion =>
    sampleVersion({ credentialId: CACHE.id, publicId: `orders_v${version}`, ...refOf(version) });

  async function passwordOf({ secret }: SecretVersion): Promise<string> {
    return parseMaterial('redis', await secrets.get(secret)).password;
  }

  async function login(version: SecretVersion): Promise<RedisLogin> {
    return redis.login('orders', await passwordOf(version));
  }

  return {
    redis,
    secrets,
    context,
    provider,
    providerOf,
    refOf,
    versionOf,
    passwordOf,
    login,
    async mint(version: number): Promise<SecretVersion> {
      await provider.createReplacement(CACHE, refOf(version), context);
      return versionOf(version);
    },
    accepts: (version: SecretVersion) =>
      login(version).then(
        (session) => (session.destroy(), true),
        () => false,
      ),
    /** How many passwords the user has at the server. */
    async passwords(user = 'orders'): Promise<number> {
      const list = (await redis.ask('ACL', 'LIST')) as readonly string[];
      return [...(list.find((line) => line.startsWith(`user ${user} `)) ?? '').matchAll(/ #[0-9a-f]{64}/g)].length;
    },
  };
}

export type RedisRig = Awaited<ReturnType<typeof redisRig>>;
