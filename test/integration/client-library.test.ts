import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { ManagedCredential, ResilientPool } from '../../client';
import { openDatabase, type Database } from '../../activities/store/database';
import type { SecretVersion } from '../../domain/credential';
import type { CredentialProvider } from '../../domain/ports/credential-provider';
import type { SecretStore } from '../../domain/ports/stores';
import { sessionsOf } from '../../drills/estate/estate-database';
import { startLocalStack, type LocalStack } from '../../stack/local-stack';
import { callContext } from '../support/call-context';
import { eventually } from '../support/eventually';
import { freshDatabase } from '../support/fresh-database';
import { hammer } from '../support/hammer';
import { heldVersions, type HeldVersions } from '../support/held-versions';
import { ordersAccount, ordersProvider, testSecretStore } from '../support/orders-server';
import { migrate } from '../../activities/store/migrate';
import { sampleCredential, sampleVersion, secretRef } from '../support/sample-credential';

const CREDENTIAL = sampleCredential();
/** Half of the workers read, half write without a key that would make a repetition harmless. */
const WORKERS_OF_A_KIND = 4;
/** From the end of the old version to the arrival of the new one. */
const GAP_MS = 500;
const STATEMENT_MS = [5, 300];

let stack: LocalStack;
let superuserUrl: string;
let database: Database;
let secrets: SecretStore;
let provider: CredentialProvider;
let nextVersion = 1;

beforeAll(async () => {
  // Of its own: roles and sessions are the subject.
  stack = await startLocalStack({ servers: ['postgres'] });
  superuserUrl = stack.postgres?.adminUrl ?? '';
  const ours = await freshDatabase(superuserUrl);
  await migrate(ours.url);
  database = openDatabase(ours.url, { applicationName: 'client-library' });
  secrets = testSecretStore(database);
  provider = ordersProvider(await ordersAccount(superuserUrl), secrets);
});

afterAll(async () => {
  await database.end();
  await stack.stop();
});

async function mint(): Promise<SecretVersion> {
  const version = nextVersion++;
  const secret = secretRef(CREDENTIAL.id, version);
  const { value } = await provider.createReplacement(CREDENTIAL, { version, secret }, callContext());
  return sampleVersion({ ...value, version });
}

interface Service {
  readonly credential: ManagedCredential<'postgres'>;
  readonly pool: ResilientPool;
  readonly store: HeldVersions;
  readonly first: SecretVersion;
}

async function startService(max: number): Promise<Service> {
  const first = await mint();
  const store = heldVersions(secrets, first);
  const credential = await ManagedCredential.open(CREDENTIAL.id, 'postgres', store.client);
  return { credential, pool: new ResilientPool(credential, { pool: { max } }), store, first };
}

/** Reads and writes without pause, each statement as long as told. */
function underLoad(pool: ResilientPool, statementMs: number) {
  const statement = (safeToRepeat: boolean) => () =>
    pool.query('SELECT pg_sleep($1)', [statementMs / 1_000], { safeToRepeat });
  const reads = hammer(WORKERS_OF_A_KIND, statement(true));
  const writes = hammer(WORKERS_OF_A_KIND, statement(false));
  return {
    async stop() {
      const [safe, unsafe] = await Promise.all([reads.stop(), writes.stop()]);
      return { safe, unsafe };
    },
  };
}

const namesOf = (errors: readonly unknown[]) => [
  ...new Set(errors.map((error) => (error instanceof Error ? error.name : typeof error))),
];

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error);

describe('a resilient pool under load', () => {
  it.each(STATEMENT_MS)('turns the gap of a quarantine into latency (statements of %d ms)', async (statementMs) => {
    const { pool, store, first } = await startService(2 * WORKERS_OF_A_KIND);
    const load = underLoad(pool, statementMs);
    await eventually(
      () => sessionsOf(superuserUrl, first.publicId),
      (sessions) => sessions === 2 * WORKERS_OF_A_KIND,
    );

    await provider.quarantine(CREDENTIAL, first, callContext());
    await delay(GAP_MS);
    const next = await mint();
    store.publish(next);
    await eventually(
      () => sessionsOf(superuserUrl, next.publicId),
      (sessions) => sessions === 2 * WORKERS_OF_A_KIND,
    );

    const { safe, unsafe } = await load.stop();
    await pool.end();
    expect(namesOf(safe.errors)).toEqual([]);
    expect(namesOf(unsafe.errors).filter((name) => name !== 'AmbiguousOutcomeError')).toEqual([]);
    // Each worker had at most one statement in flight when its session was ended.
    expect(unsafe.errors.length).toBeLessThanOrEqual(WORKERS_OF_A_KIND);
    expect(safe.ok).toBeGreaterThanOrEqual(WORKERS_OF_A_KIND);
    expect(pool.version).toBe(next.version);
  });

  it.each(STATEMENT_MS)('loses nothing when old and new overlap (statements of %d ms)', async (statementMs) => {
    const { credential, pool, store, first } = await startService(2 * WORKERS_OF_A_KIND);
    const load = underLoad(pool, statementMs);
    await eventually(
      () => sessionsOf(superuserUrl, first.publicId),
      (sessions) => sessions === 2 * WORKERS_OF_A_KIND,
    );

    const next = await mint();
    store.publish(next);
    await credential.use(next.version);
    const drained = await eventually(
      () => sessionsOf(superuserUrl, first.publicId),
      (sessions) => sessions === 0,
    );
    await provider.revoke(CREDENTIAL, first, callContext());

    const { safe, unsafe } = await load.stop();
    await pool.end();
    expect(drained).toBe(0);
    expect([...safe.errors, ...unsafe.errors]).toEqual([]);
  });

  it('answers queries that wait for a client when the pool is swapped', async () => {
    const { credential, pool, store } = await startService(1);
    const queries = Array.from({ length: 5 }, (_, n) =>
      pool.query<{ n: number }>('SELECT $1::int AS n FROM pg_sleep(0.1)', [n], { safeToRepeat: false }),
    );
    const next = await mint();
    store.publish(next);

    await credential.use(next.version);

    const answers = await Promise.all(queries);
    expect(answers.map(({ rows }) => rows[0]?.n)).toEqual([0, 1, 2, 3, 4]);
    await pool.end();
  });

  it('gives the error of a statement that is wrong, at once', async () => {
    const { pool } = await startService(1);

    const query = pool.query('SELECT nonsense', [], { safeToRepeat: true });

    await expect(query).rejects.toMatchObject({ code: '42703' });
    await pool.end();
  });

  it('fails with CLIENT_PARK_TIMEOUT when no replacement comes', async () => {
    const { credential, pool, first } = await startService(1);
    const impatient = new ResilientPool(credential, { parkMs: 300 });
    await provider.revoke(CREDENTIAL, first, callContext());

    const query = impatient.query('SELECT 1', [], { safeToRepeat: true });

    await expect(query).rejects.toMatchObject({ code: 'CLIENT_PARK_TIMEOUT' });
    await Promise.all([pool.end(), impatient.end()]);
  });

  it('says so of every query of a crowd, also of those that never get a client', async () => {
    const { credential, pool, first } = await startService(1);
    const crowded = new ResilientPool(credential, { parkMs: 300, pool: { max: 1, connectionTimeoutMillis: 200 } });
    await provider.revoke(CREDENTIAL, first, callContext());

    const crowd = Array.from({ length: 300 }, () => crowded.query('SELECT 1', [], { safeToRepeat: true }));

    const codes = (await Promise.allSettled(crowd)).map((one) => one.status === 'rejected' && codeOf(one.reason));
    expect([...new Set(codes)]).toEqual(['CLIENT_PARK_TIMEOUT']);
    await Promise.all([pool.end(), crowded.end()]);
  });

  it('says so of a crowd also while the first login hangs: who found no client waited behind it, not behind a busy pool', async () => {
    const { credential, pool } = await startService(1);
    const deaf = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(deaf, 'listening');
    const { material } = credential.held;
    const { port } = deaf.address() as AddressInfo;
    const hanging = await ManagedCredential.open(CREDENTIAL.id, 'postgres', {
      read: () => Promise.resolve({ version: 1, material: { ...material, port } }),
    });
    const crowded = new ResilientPool(hanging, { parkMs: 300, pool: { max: 1, connectionTimeoutMillis: 200 } });

    const crowd = Array.from({ length: 300 }, () => crowded.query('SELECT 1', [], { safeToRepeat: true }));

    const codes = (await Promise.allSettled(crowd)).map((one) => one.status === 'rejected' && codeOf(one.reason));
    expect([...new Set(codes)]).toEqual(['CLIENT_PARK_TIMEOUT']);
    await Promise.all([pool.end(), crowded.end()]);
    deaf.close();
  });

  it('says that the pool is busy of a query that finds no client while others are let in', async () => {
    const { credential, pool } = await startService(1);
    const busy = new ResilientPool(credential, { pool: { max: 1, connectionTimeoutMillis: 200 } });
    await busy.query('SELECT 1', [], { safeToRepeat: true });

    const long = busy.query('SELECT pg_sleep(1)', [], { safeToRepeat: true });

    await expect(busy.query('SELECT 1', [], { safeToRepeat: true })).rejects.toThrow('timeout exceeded');
    await long;
    await Promise.all([pool.end(), busy.end()]);
  });

  it('uses a version that was given back as before: nobody waits for another', async () => {
    const { credential, pool, first } = await startService(1);
    const patient = new ResilientPool(credential, { parkMs: 300 });
    await provider.quarantine(CREDENTIAL, first, callContext());
    await expect(patient.query('SELECT 1', [], { safeToRepeat: true })).rejects.toMatchObject({
      code: 'CLIENT_PARK_TIMEOUT',
    });
    const waited = jest.spyOn(credential, 'waitForNewer');
    await provider.release(CREDENTIAL, first, callContext());
    await eventually(
      () => patient.query('SELECT 1', [], { safeToRepeat: true }).then(({ rowCount }) => rowCount),
      (rows) => rows === 1,
    );
    waited.mockClear();

    await Promise.all(Array.from({ length: 20 }, () => patient.query('SELECT 1', [], { safeToRepeat: true })));

    expect(waited).not.toHaveBeenCalled();
    await Promise.all([pool.end(), patient.end()]);
  });
});
