import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { parse, stringify } from 'yaml';
import type { RedisAclSettings } from '../../activities/providers/redis-account';
import { createRedisAclProvider } from '../../activities/providers/redis-acl';
import { issueFirstVersion } from '../../activities/issue-first-version';
import { createApiKeyStore } from '../../activities/store/api-keys';
import { createReloadHook, createSecretClient, ManagedCredential, startIncident } from '../../client';
import { startRig, type Rig } from '../../drills/rig';
import { freePort } from '../../stack/free-port';
import { makeSecretFile } from '../../stack/key-files';
import { readSecretFile } from '../../workers/config';
import type { SettingsFile } from '../../workers/settings';
import { encryptedClient } from '../support/encrypted-client';
import { TEST_FINGERPRINT_KEYS } from '../support/fingerprint-keys';
import { startRedis, type Redis } from '../support/redis';
import { sampleCredential } from '../support/sample-credential';

const CACHE = sampleCredential({ id: 'orders-cache', provider: 'redis-acl', account: 'cache' });
const TASK_QUEUE = 'redis-incident';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('an incident of a Redis password', () => {
  let rig: Rig;
  let redis: Redis;
  let connection: Connection;
  const ends: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    rig = await startRig();
    redis = await startRedis();
    connection = await Connection.connect({ address: rig.stack.temporal.address });
    ends.push(
      () => rig.stop(),
      () => redis.stop(),
      () => connection.close(),
    );
  });

  afterAll(async () => {
    for (const end of ends.reverse()) await end();
  });

  /** The Redis as the response worker's settings file names it. */
  async function configure(): Promise<RedisAclSettings> {
    const account = { host: '127.0.0.1', port: redis.port, tls: false, keepsUsersIn: 'acl-file' as const };
    const { directory } = rig.deployment;
    const adminUrlFile = await makeSecretFile(directory, 'cache-admin.url', redis.adminUrl);
    const file = join(directory, 'settings.yaml');
    const settings = parse(await readFile(file, 'utf8')) as SettingsFile;
    const providers = { ...settings.providers, 'redis-acl': { cache: { ...account, adminUrlFile } } };
    await writeFile(file, stringify({ ...settings, providers }));
    return { ...account, adminUrl: redis.adminUrl };
  }

  /** A service that logs in with what it holds, and is told by its reload hook what to hold. */
  async function startService(port: number) {
    const key = await createApiKeyStore(rig.database).issue('cache-reader', 'dependent');
    const secrets = createSecretClient(rig.deployment.apiUrl, key);
    const held = await ManagedCredential.open(CACHE.id, 'redis', secrets);
    const login = () => redis.login(held.held.material.user, held.held.material.password);
    const probe = async () => (await login()).destroy();
    const hook = createReloadHook(
      readSecretFile(rig.deployment.keys.hook),
      new Map([[CACHE.id, { credential: held, probe }]]),
    );
    ends.push(() => hook.close());
    await hook.listen({ host: '127.0.0.1', port });
    return { held, login };
  }

  /** What processes logged, and the audit log. */
  async function written(): Promise<string> {
    const { directory } = rig.deployment;
    const logs = (await readdir(directory)).filter((name) => name.endsWith('.log'));
    const texts = await Promise.all(logs.map((name) => readFile(join(directory, name), 'utf8')));
    const { rows } = await rig.database.query<object>('SELECT * FROM audit_entries');
    expect([texts.join('').includes(CACHE.id), rows.length > 0]).toEqual([true, true]);
    return [...texts, JSON.stringify(rows)].join('\n');
  }

  it('contains, replaces, moves the service, revokes and proves, by the product’s own worker', async () => {
    const settings = await configure();
    const provider = createRedisAclProvider(new Map([['cache', settings]]), rig.deps.secrets, TEST_FINGERPRINT_KEYS[0]);
    const port = await freePort();
    const target = `http://127.0.0.1:${port}`;
    const dependent = { id: 'cache-reader', kind: 'reload-hook', target, owner: 'payments', criticality: 1 } as const;
    const withRedis = { ...rig.deps, providers: new Map([...rig.deps.providers, [provider.id, provider]]) };
    await issueFirstVersion(withRedis, { ...CACHE, dependents: [dependent] });
    const service = await startService(port);
    const worker = await rig.startWorker('redis', TASK_QUEUE);
    ends.push(() => worker.stop());
    const leaked = service.held.held.material.password;
    const thief = await service.login();

    const incident = await startIncident(encryptedClient(connection, rig.deployment.keys.payload), {
      credentialId: CACHE.id,
      version: 1,
      severity: 'critical',
      reason: 'a password in a public repository',
      startedBy: 'test',
      taskQueue: TASK_QUEUE,
    });
    const { outcome, view } = await incident.result();

    const versions = await rig.deps.inventory.versions(CACHE.id);
    expect([outcome, versions.map(({ version, state }) => `${version} ${state}`)]).toEqual([
      'recovered',
      ['1 revoked', '2 live'],
    ]);
    expect(view.incident.timeline.map(({ note }) => note).join('\n')).toMatch(
      /proof presented: .*old refused, control accepted, 0 sessions/,
    );
    expect([thief.isOpen, service.held.held.version]).toEqual([false, 2]);
    for (const secret of [leaked, service.held.held.material.password])
      expect(await written()).not.toMatch(new RegExp(`${secret}|${sha256(secret)}`));
  });
});
