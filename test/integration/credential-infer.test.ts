import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { openDatabase, type Database } from '../../activities/store/database';
import { createInventory } from '../../activities/store/inventory';
import { migrate } from '../../activities/store/migrate';
import { readInventoryFile } from '../../cli/read-inventory-file';
import { sampleUse } from '../../detectors/sample-life';
import type { Credential } from '../../domain/credential';
import { partitionOf, publicIdSubject } from '../../domain/subject';
import { ensureStreams } from '../../workers/detection/streams';
import { asAUser } from '../support/as-a-user';
import { freshDatabase, type FreshDatabase } from '../support/fresh-database';
import { integrationStack } from '../support/integration-stack';
import { privateNatsServer, type PrivateNatsServer } from '../support/private-nats-server';
import { sampleCredential, sampleVersion } from '../support/sample-credential';
import { temporaryFolder } from '../support/temporary-folder';

const PARTITIONS = 4;
const folder = temporaryFolder();

let fresh: FreshDatabase;
let database: Database;
let server: PrivateNatsServer;
let nats: NatsConnection;

beforeAll(async () => {
  fresh = await freshDatabase(integrationStack().postgres.adminUrl, 'infer');
  await migrate(fresh.url);
  database = openDatabase(fresh.url, { applicationName: 'infer' });
  server = await privateNatsServer();
  nats = await connect({ servers: server.url });
  await ensureStreams(await jetstreamManager(nats), { partitions: PARTITIONS });
});

afterAll(async () => {
  await nats.close();
  await server.stop();
  await database.end();
  await fresh.drop();
});

const subjectOf = (id: string) => publicIdSubject('postgres-role', `orders/${id}`);

async function register(id: string, more: Partial<Credential> = {}, state: 'live' | 'quarantined' = 'live') {
  const version = sampleVersion({ credentialId: id, subjects: [subjectOf(id)], state });
  await createInventory(database).register(sampleCredential({ id, principal: id, ...more }), version);
}

/** `times` uses in batches, as a source sends them. */
async function use(id: string, address: string, agent: string, times: number): Promise<void> {
  const subject = subjectOf(id);
  const events = Array.from({ length: times }, (_, index) => ({
    ...sampleUse({ afterMs: index * 1_000, subject, address, agent }),
    id: `${id}/${address}/${index}`,
  }));
  await jetstream(nats).publish(`usage.${partitionOf(subject, PARTITIONS)}`, JSON.stringify({ events }));
}

function infer(...args: string[]) {
  const url = path.join(folder.path, 'database-url');
  writeFileSync(url, fresh.url, { mode: 0o600 });
  return asAUser('/dev/null', ['credential', 'infer', ...args], {
    TOURNIQUET_NATS_URL: server.url,
    TOURNIQUET_DATABASE_URL_FILE: url,
  });
}

test('what use says of who depends on a credential is proposed as a file, which lets in nobody that is not known', async () => {
  const reports = { id: 'reports', kind: 'kv-pull', target: '', owner: 'analytics', criticality: 2 } as const;
  await register('warehouse', {
    ownerTeam: 'analytics',
    knownContexts: [{ id: 'reports', networks: ['10.1.0.0/24'], dependent: 'reports' }],
    dependents: [reports],
  });
  await register('orders', { knownContexts: [{ id: 'office', networks: ['10.9.0.0/24'] }] });
  await register('leaked', {}, 'quarantined');
  await use('orders', '10.9.0.4', 'psql', 20);
  await use('orders', '10.1.0.7', 'reports/2.1', 180);
  await use('orders', '203.0.113.9', 'curl/8.0', 12);
  await use('orders', '198.51.100.1', 'curl/8.0', 2);
  await use('leaked', '203.0.113.9', 'curl/8.0', 50);
  await use('unheard-of', '10.1.0.7', 'reports/2.1', 30);

  const { code, stdout, stderr } = await infer();

  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toContain('# Nobody has registered id:postgres-role:orders/unheard-of: 30 uses.');
  expect(stdout).toContain('214 uses, 20 of them from registered contexts, 2 from places that were seen too seldom');
  expect(stdout).toContain('are by services of analytics: is it theirs?');
  expect(stdout).toMatch(/# 12 uses by curl,[^\n]*nobody knows who lives there\n {6}# - \{[^\n]*203\.0\.113\.9\/32/);
  expect(stdout).not.toMatch(/leaked|198\.51/);
  const file = path.join(folder.path, 'inferred.yaml');
  writeFileSync(file, stdout);
  expect(readInventoryFile(file)).toEqual([
    expect.objectContaining({
      id: 'orders',
      knownContexts: [
        { id: 'office', networks: ['10.9.0.0/24'] },
        { id: 'reports', networks: ['10.1.0.7/32'], dependent: 'reports' },
      ],
      dependents: [reports],
    }),
  ]);
});

test('of what was not used, or is all explained, nothing is proposed; what is not registered can not be asked about', async () => {
  await register('quiet', { knownContexts: [{ id: 'office', networks: ['10.9.0.0/24'] }] });
  await use('quiet', '10.9.0.9', 'psql', 40);

  const [quiet, unknown, json] = await Promise.all([
    infer('quiet'),
    infer('nowhere'),
    infer('quiet', '--json', '--at-least', '50'),
  ]);

  expect(quiet.stdout).toContain('credentials: []');
  expect([unknown.code === 0, unknown.stderr]).toEqual([false, expect.stringContaining('CREDENTIAL_UNKNOWN')]);
  expect(JSON.parse(json.stdout)).toMatchObject({ inferred: [{ uses: 40, explained: 40, unknown: [] }] });
});
