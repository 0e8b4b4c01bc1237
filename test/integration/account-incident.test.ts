import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { parse, stringify } from 'yaml';
import { issueFirstVersion } from '../../activities/issue-first-version';
import { createApiKeyStore } from '../../activities/store/api-keys';
import { createReloadHook, createSecretClient, ManagedCredential, startIncident } from '../../client';
import { startRig, type Rig } from '../../drills/rig';
import { freePort } from '../../stack/free-port';
import { readSecretFile } from '../../workers/config';
import type { SettingsFile } from '../../workers/settings';
import {
  declaredSystem,
  natsSystem,
  oauthSystem,
  redisSystem,
  secretOf,
  type AccountSystem,
} from '../support/account-systems';
import { encryptedClient } from '../support/encrypted-client';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** What a credential of an account in the settings file gets from the product's own worker. */
describe('an incident of', () => {
  let rig: Rig;
  let connection: Connection;
  const ends: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    rig = await startRig();
    connection = await Connection.connect({ address: rig.stack.temporal.address });
    ends.push(
      () => rig.stop(),
      () => connection.close(),
    );
  });

  afterAll(async () => {
    for (const end of ends.reverse()) await end();
  });

  async function configure({ provider, account, credential }: AccountSystem): Promise<void> {
    const file = join(rig.deployment.directory, 'settings.yaml');
    const settings = parse(await readFile(file, 'utf8')) as SettingsFile;
    const providers = { ...settings.providers, [provider.id]: { [credential.account]: account } };
    await writeFile(file, stringify({ ...settings, providers }));
  }

  /** A service that uses what it holds, and is told by its reload hook what to hold. */
  async function startService(system: AccountSystem, dependentId: string, port: number) {
    const { id } = system.credential;
    const key = await createApiKeyStore(rig.database).issue(dependentId, 'dependent');
    const secrets = createSecretClient(rig.deployment.apiUrl, key);
    const credential = await ManagedCredential.open(id, system.kind, secrets);
    const probe = async () => (await system.use(credential.held.material)).leave();
    const hook = createReloadHook(readSecretFile(rig.deployment.keys.hook), new Map([[id, { credential, probe }]]));
    ends.push(() => hook.close());
    await hook.listen({ host: '127.0.0.1', port });
    return credential;
  }

  /** What processes logged, and the audit log. */
  async function written(credentialId: string): Promise<string> {
    const { directory } = rig.deployment;
    const logs = (await readdir(directory)).filter((name) => name.endsWith('.log'));
    const texts = await Promise.all(logs.map((name) => readFile(join(directory, name), 'utf8')));
    const { rows } = await rig.database.query<object>('SELECT * FROM audit_entries');
    expect([texts.join('').includes(credentialId), rows.length > 0]).toEqual([true, true]);
    return [...texts, JSON.stringify(rows)].join('\n');
  }

  it.each([
    ['a Redis password', redisSystem],
    ['an OAuth client secret', oauthSystem],
    ['a user of NATS', natsSystem],
    ['a token of a system that is declared', declaredSystem],
  ])('%s contains, replaces, moves the service, revokes and proves', async (what, start) => {
    const system = await start({ secrets: rig.deps.secrets, directory: rig.deployment.directory });
    ends.push(() => system.stop());
    await configure(system);
    const { credential, provider } = system;
    const port = await freePort();
    const dependent = {
      id: `${credential.id}-reader`,
      kind: 'reload-hook',
      target: `http://127.0.0.1:${port}`,
      owner: 'payments',
      criticality: 1,
    } as const;
    const providers = new Map([...rig.deps.providers, [provider.id, provider]]);
    await issueFirstVersion({ ...rig.deps, providers }, { ...credential, dependents: [dependent] });
    const service = await startService(system, dependent.id, port);
    const taskQueue = `incident-of-${credential.id}`;
    const worker = await rig.startWorker(credential.id, taskQueue);
    ends.push(() => worker.stop());
    const leaked = service.held.material;
    const thief = await system.use(leaked);

    const incident = await startIncident(encryptedClient(connection, rig.deployment.keys.payload), {
      credentialId: credential.id,
      version: 1,
      severity: 'critical',
      reason: `${what} in a public repository`,
      startedBy: 'test',
      taskQueue,
    });
    const { outcome, view } = await incident.result();

    const versions = await rig.deps.inventory.versions(credential.id);
    expect([outcome, versions.map(({ version, state }) => `${version} ${state}`)]).toEqual([
      'recovered',
      ['1 revoked', '2 live'],
    ]);
    expect(view.incident.timeline.map(({ note }) => note).join('\n')).toMatch(system.proof);
    expect([await thief.isIn(), service.held.version]).toEqual([false, 2]);
    for (const secret of [leaked, service.held.material].map(secretOf))
      expect(await written(credential.id)).not.toMatch(new RegExp(`${secret}|${sha256(secret)}`));
  });
});
