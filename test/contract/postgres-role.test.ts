import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { createPostgresRoleProvider } from '../../activities/providers/postgres-role';
import { openDatabase } from '../../activities/store/database';
import type { SecretVersion } from '../../domain/credential';
import { parseMaterial } from '../../domain/secret-material';
import { sessionsOf } from '../../drills/estate/estate-database';
import { startLocalStack } from '../../stack/local-stack';
import { callContext } from '../support/call-context';
import { eventually } from '../support/eventually';
import { FaultProxy } from '../../drills/chaos/fault-proxy';
import { TEST_FINGERPRINT_KEYS } from '../support/fingerprint-keys';
import { freshDatabase } from '../support/fresh-database';
import { ordersAccount, testSecretStore } from '../support/orders-server';
import { migrate } from '../../activities/store/migrate';
import { sampleCredential, sampleVersion, secretRef } from '../support/sample-credential';
import type { ProviderRig } from '../support/provider-rig';
import { BUSY_POSTGRES } from '../support/server-says';
import { describeCredentialProvider } from './credential-provider.contract';

interface PostgresRig extends ProviderRig {
  readonly adminRole: string;
  readonly ownerRole: string;
  query<R extends object>(statement: string): Promise<R[]>;
  openSession(version: SecretVersion, options?: string): ReturnType<ProviderRig['openSession']>;
}

const LOGINS_UNDER_WAY = `SELECT count(*)::int AS n FROM pg_locks l WHERE l.locktype = 'virtualxid'
  AND NOT EXISTS (SELECT 1 FROM pg_stat_activity a WHERE a.pid = l.pid AND a.state IS DISTINCT FROM 'starting')`;

/** A real PostgreSQL, and the demo's admin role there, which is no superuser. */
async function makeRig(): Promise<PostgresRig> {
  const stack = await startLocalStack({ servers: ['postgres'] });
  const superuserUrl = stack.postgres?.adminUrl ?? '';
  const ours = await freshDatabase(superuserUrl);
  await migrate(ours.url);
  const database = openDatabase(ours.url, { applicationName: 'contract' });
  const secrets = testSecretStore(database);
  const account = await ordersAccount(superuserUrl);
  const adminWay = await FaultProxy.start(account);
  const loginWay = await FaultProxy.start(account);
  const adminUrl = new URL(account.adminUrl);
  adminUrl.port = String(adminWay.port);
  const credential = sampleCredential();
  const settings = { ...account, adminUrl: adminUrl.toString(), port: loginWay.port };
  const minted = new Map<string, SecretVersion['secret']>();

  async function client(version: SecretVersion, options?: string): Promise<Client> {
    minted.set(version.publicId, version.secret);
    const { kind: _kind, ...material } = parseMaterial('postgres', await secrets.get(version.secret));
    // Not by the proxy: what is asked here must not depend on what a case broke.
    const opened = new Client({ ...material, port: account.port, ...(options ? { options } : {}) });
    opened.on('error', () => undefined);
    await opened.connect();
    return opened;
  }

  async function query<R extends object>(statement: string): Promise<R[]> {
    const superuser = new Client({ connectionString: superuserUrl });
    await superuser.connect();
    const { rows } = await superuser.query<R>(statement);
    await superuser.end();
    return rows;
  }

  return {
    provider: createPostgresRoleProvider(new Map([['orders', settings]]), secrets, TEST_FINGERPRINT_KEYS[0]),
    secretStore: secrets,
    credential,
    adminWay,
    loginWay,
    busy: BUSY_POSTGRES,
    changing: /COMMIT|NOLOGIN|DROP ROLE/,
    async accepts(version) {
      const session = await client(version).catch(() => undefined);
      await session?.end();
      return session !== undefined;
    },
    adminRole: adminUrl.username,
    ownerRole: account.ownerRole,
    query,
    kept: async () => (await query('SELECT 1 FROM pg_authid')).length,
    records: () =>
      query(
        `SELECT r.*, ARRAY(SELECT m FROM pg_auth_members m WHERE m.member = r.oid ORDER BY m) AS memberships,
                (SELECT count(*)::int FROM pg_stat_activity WHERE usename = r.rolname AND r.rolname <> '${adminUrl.username}') AS sessions
           FROM pg_authid r ORDER BY r.oid`,
      ),
    async openSession(version, options) {
      const session = await client(version, options).catch(() => undefined);
      return session && { end: () => session.end() };
    },
    sessions: (version) => sessionsOf(superuserUrl, version.publicId),
    async admin(accepted) {
      await query(`ALTER ROLE ${adminUrl.username} ${accepted ? 'LOGIN' : 'NOLOGIN'}`);
    },
    async secrets() {
      const values = await Promise.all([...minted.values()].map((ref) => secrets.get(ref)));
      const passwords = values.map((value) => parseMaterial('postgres', value).password);
      return [...passwords, adminUrl.password, 'SCRAM-SHA-256$'];
    },
    async stop() {
      await Promise.all([adminWay.stop(), loginWay.stop(), database.end()]);
      await stack.stop();
    },
  };
}

describeCredentialProvider({ name: 'postgres-role', make: makeRig });

// Every client may set the delay, and is not listed among the sessions until it is over.
test('a login held open between the check of its right and its session is no way around a quarantine', async () => {
  const rig = await makeRig();
  const secret = secretRef('orders-db', 1);
  const { value } = await rig.provider.createReplacement(rig.credential, { version: 1, secret }, callContext());
  const version = sampleVersion({ ...value, state: 'live' });
  const dawdling = rig.openSession(version, '-c post_auth_delay=60');
  await eventually(
    () => rig.query<{ n: number }>(LOGINS_UNDER_WAY),
    ([row]) => row?.n === 1,
  );

  await rig.provider.quarantine(rig.credential, version, callContext());

  const login = await Promise.race([dawdling.then(() => 'over'), delay(2_000, 'still under way')]);
  expect(login).toBe('over');
  expect(await rig.sessions(version)).toBe(0);
  await rig.stop();
});

test('a role that may log in again is alive, though the value that we know is refused', async () => {
  const rig = await makeRig();
  const mint = async (version: number) => {
    const secret = secretRef('orders-db', version);
    const { value } = await rig.provider.createReplacement(rig.credential, { version, secret }, callContext());
    return sampleVersion({ ...value, version, state: 'live' });
  };
  const [old, control] = [await mint(1), await mint(2)];
  await rig.provider.quarantine(rig.credential, old, callContext());
  const look = () => rig.provider.verifyDead(rig.credential, old, control, callContext());
  expect((await look()).verdict).not.toBe('alive');

  await rig.query(`ALTER ROLE ${old.publicId} LOGIN PASSWORD 'another'`);

  expect(await look()).toMatchObject({ verdict: 'alive', oldRefused: true });
  await rig.stop();
});

describe('the probe of our admin', () => {
  let rig: PostgresRig;

  beforeEach(async () => {
    rig = await makeRig();
  });

  afterEach(() => rig.stop());

  /** What is said to be missing after the superuser has taken something away. */
  async function missingAfter(...statements: readonly string[]): Promise<unknown> {
    for (const statement of statements) await rig.query(statement);
    return rig.provider.probe(rig.credential, callContext()).then(
      () => 'nothing',
      (error: unknown) => error,
    );
  }
  const denied = (missing: string) => ({ code: 'PROVIDER_ADMIN_DENIED', fields: { account: 'orders', missing } });

  test('names each right that is missing, and all of them together', async () => {
    const { adminRole, ownerRole } = rig;

    expect(await missingAfter()).toBe('nothing');
    expect(await missingAfter(`REVOKE pg_signal_backend FROM ${adminRole}`)).toMatchObject(denied('pg_signal_backend'));
    expect(await missingAfter(`GRANT pg_signal_backend TO ${adminRole}`)).toBe('nothing');
    expect(await missingAfter(`REVOKE pg_read_all_stats FROM ${adminRole}`)).toMatchObject(denied('pg_read_all_stats'));
    expect(
      await missingAfter(
        `GRANT pg_read_all_stats TO ${adminRole}`,
        `REVOKE ADMIN OPTION FOR ${ownerRole} FROM ${adminRole}`,
      ),
    ).toMatchObject(denied(`ADMIN OPTION on ${ownerRole}`));
    expect(await missingAfter(`ALTER ROLE ${adminRole} NOCREATEROLE`)).toMatchObject(
      denied(`CREATEROLE, ADMIN OPTION on ${ownerRole}`),
    );
    expect(
      await missingAfter(`REVOKE pg_signal_backend, pg_read_all_stats, ${ownerRole} FROM ${adminRole}`),
    ).toMatchObject(denied(`CREATEROLE, ADMIN OPTION on ${ownerRole}, pg_signal_backend, pg_read_all_stats`));
  });

  test('counts only rights that it has without asking for them: a membership that is not inherited is none', async () => {
    const [version] = await rig.query<{ n: number }>(`SELECT current_setting('server_version_num')::int AS n`);
    const { adminRole } = rig;
    const byGrant = [
      `REVOKE pg_signal_backend FROM ${adminRole}`,
      `GRANT pg_signal_backend TO ${adminRole} WITH INHERIT FALSE`,
    ];
    const notInherited = (version?.n ?? 0) >= 160_000 ? byGrant : [`ALTER ROLE ${adminRole} NOINHERIT`];

    expect(await missingAfter(...notInherited)).toMatchObject({
      code: 'PROVIDER_ADMIN_DENIED',
      fields: { missing: expect.stringContaining('pg_signal_backend') as string },
    });
  });

  test('wants none of them of a superuser', async () => {
    const { adminRole, ownerRole } = rig;

    expect(
      await missingAfter(
        `REVOKE pg_signal_backend, pg_read_all_stats, ${ownerRole} FROM ${adminRole}`,
        `ALTER ROLE ${adminRole} SUPERUSER NOCREATEROLE`,
      ),
    ).toBe('nothing');
  });
});
