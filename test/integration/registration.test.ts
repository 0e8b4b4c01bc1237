import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { Client as PgClient } from 'pg';
import { createApiKeyStore } from '../../activities/store/api-keys';
import type { AuditEvent } from '../../domain/ports/stores';
import type { ApiRole } from '../../domain/api-role';
import { startIncident } from '../../client';
import { createApiClient, type ApiClient } from '../../client/api-client';
import { startRig, type Rig } from '../../drills/rig';
import type { ManagedProcess } from '../../stack/managed-process';
import { postgresAccounts, readSettings } from '../../workers/settings';
import { asAUser, type CommandResult } from '../support/as-a-user';
import { encryptedClient } from '../support/encrypted-client';
import { temporaryFolder } from '../support/temporary-folder';

const folder = temporaryFolder();
const PASSWORD = 'issued-long-before-us';

/** Credentials that were there before Tourniquet was. */
describe('the inventory of a company', () => {
  let rig: Rig;
  let worker: ManagedProcess;
  let connection: Connection;
  let admin: PgClient;
  let ownerRole: string;
  const api = {} as Record<'admin' | 'responder', ApiClient>;
  let keyFile: string;

  beforeAll(async () => {
    rig = await startRig();
    worker = await rig.startWorker('registration', 'tourniquet-response');
    connection = await Connection.connect({ address: rig.stack.temporal.address });
    const settings = readSettings(rig.deployment.environmentOf('response')['TOURNIQUET_SETTINGS_FILE'] ?? '');
    const orders = postgresAccounts(settings).get('orders');
    admin = new PgClient({ connectionString: orders?.adminUrl });
    ownerRole = orders?.ownerRole ?? '';
    await admin.connect();
    for (const role of ['admin', 'responder'] as const) api[role] = await clientOf(role);
    writeFileSync(join(folder.path, 'legacy.password'), `${PASSWORD}\n`, { mode: 0o600 });
  });

  afterAll(async () => {
    await admin?.end();
    await connection?.close();
    await worker?.stop();
    await rig?.stop();
  });

  async function clientOf(role: ApiRole): Promise<ApiClient> {
    const key = await createApiKeyStore(rig.database).issue(`${role}@example.com`, role);
    if (role === 'admin') writeFileSync((keyFile = join(folder.path, 'key')), key, { mode: 0o600 });
    return createApiClient({ url: rig.deployment.apiUrl, key });
  }

  /** As a person did it, long ago. */
  async function makeRole(role: string): Promise<void> {
    await admin.query(`CREATE ROLE ${role} LOGIN PASSWORD '${PASSWORD}' IN ROLE ${ownerRole}`);
    await admin.query(`ALTER ROLE ${role} SET role = ${ownerRole}`);
  }

  function credential(...args: string[]): Promise<CommandResult> {
    return asAUser(rig.deployment.envFile, ['credential', ...args], { SHORT: 'not-its-password' });
  }

  function importing(file: string, lines: readonly string[], ...flags: string[]): Promise<CommandResult> {
    const path = join(folder.path, file);
    writeFileSync(path, `${lines.join('\n')}\n`);
    return credential('import', path, '--api', rig.deployment.apiUrl, '--key-file', keyFile, ...flags);
  }

  const described = (id: string, version: string): string[] => [
    `  - id: ${id}`,
    '    provider: postgres-role',
    '    account: orders',
    `    principal: ${id.replaceAll('-', '_')}`,
    '    ownerTeam: payments',
    '    enforcement: provider',
    ...(version === '' ? [] : [`    version: ${version}`]),
  ];

  const versionsOf = async (id: string): Promise<readonly string[]> =>
    (await rig.deps.inventory.versions(id)).map(({ version, state, publicId }) => `${version} ${state} ${publicId}`);

  /** What is kept of anything given, sealed or not. */
  const givenPlaces = async (): Promise<number> =>
    (await rig.database.query(`SELECT 1 FROM secrets WHERE path LIKE 'registrations/%'`)).rowCount ?? 0;

  const rolesLike = async (name: string): Promise<readonly string[]> =>
    (await admin.query<{ rolname: string }>('SELECT rolname FROM pg_roles WHERE rolname = $1', [name])).rows.map(
      ({ rolname }) => rolname,
    );

  function logIn(user: string): Promise<'accepted' | 'refused'> {
    const { host, port, database } = admin;
    const client = new PgClient({ host, port, database: database ?? '', user, password: PASSWORD });
    return client.connect().then(
      () => client.end().then(() => 'accepted' as const),
      () => 'refused' as const,
    );
  }

  it('takes in what others have issued from a file, and answers its leak as if it had issued it', async () => {
    await makeRole('legacy_app');
    const lines = [
      'credentials:',
      ...described('legacy-db', '{ publicId: legacy_app, valueFile: legacy.password }'),
      ...described('minted-db', ''),
    ];

    const tried = await importing('all.yaml', lines, '--dry-run');
    const untouched = await versionsOf('legacy-db');
    const imported = await importing('all.yaml', lines);
    const again = await importing('all.yaml', lines);

    expect(tried).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('2 credentials can be registered') as string,
    });
    expect(untouched).toEqual([]);
    for (const one of [imported, again])
      expect(one).toEqual({
        code: 0,
        stdout: 'legacy-db: version 1, ready\nminted-db: version 1, ready\n',
        stderr: '',
      });
    expect([await versionsOf('legacy-db'), await versionsOf('minted-db'), await givenPlaces()]).toEqual([
      ['1 live legacy_app'],
      ['1 live minted_db_v1'],
      0,
    ]);

    const before = await logIn('legacy_app');
    const incident = await startIncident(encryptedClient(connection, rig.deployment.keys.payload), {
      credentialId: 'legacy-db',
      version: 1,
      severity: 'critical',
      reason: 'found in a public repository',
      startedBy: 'test',
      taskQueue: 'tourniquet-response',
    });
    const { outcome } = await incident.result();

    expect([before, outcome, await logIn('legacy_app')]).toEqual(['accepted', 'recovered', 'refused']);
    expect(await versionsOf('legacy-db')).toEqual(['1 revoked legacy_app', '2 live legacy_db_v2']);
    const logs = ['api', 'registration'].map((name) => readLogs(rig.deployment.directory, name)).join('\n');
    expect(logs).toContain('a credential is being registered');
    expect(logs).not.toContain(PASSWORD);
  });

  it('changes what is said of one that is known, and never what it is', async () => {
    const about = {
      provider: 'postgres-role',
      account: 'orders',
      principal: 'changing',
      ownerTeam: 'payments',
      enforcement: 'provider',
      dependents: [{ id: 'checkout', kind: 'manual', owner: 'payments' }],
    } as const;
    await api.admin.registerCredential('changing', about);
    const { faults } = await api.admin.registerCredential('changing', {
      ...about,
      ownerTeam: 'billing',
      criticality: 0,
      dependents: [{ id: 'batch', kind: 'manual', owner: 'billing', criticality: 1 }],
    });

    // Nobody has said yet which version the batch uses.
    expect(faults).toEqual([]);
    expect(await rig.deps.inventory.credential('changing')).toMatchObject({
      ownerTeam: 'billing',
      criticality: 0,
      dependents: [{ id: 'batch', owner: 'billing', criticality: 1 }],
    });
    const other = { ...about, principal: 'other', version: { publicId: 'other', value: PASSWORD } };
    await expect(api.admin.registerCredential('changing', other)).rejects.toMatchObject({ code: 'CREDENTIAL_DIFFERS' });
    await expect(api.admin.registerCredential('elsewhere', { ...other, provider: 'a-vendor' })).rejects.toMatchObject({
      code: 'PROVIDER_UNKNOWN',
    });
    expect(await givenPlaces()).toBe(0);
    expect(await versionsOf('changing')).toEqual(['1 live changing_v1']);
    const audited = await rig.database.query<{ event: AuditEvent }>(
      `SELECT event FROM audit_entries WHERE event->>'incidentId' = 'register/changing' ORDER BY seq`,
    );
    expect(audited.rows.map(({ event: { actor, action, phase } }) => [actor, action, phase].join(' '))).toEqual([
      'admin@example.com register-describe intent',
      'admin@example.com register-describe outcome',
      'admin@example.com register-first-version intent',
      'admin@example.com register-first-version outcome',
      'admin@example.com register-describe intent',
      'admin@example.com register-describe outcome',
      'admin@example.com register-describe intent',
    ]);
  });

  it('touches no role that was not made for the credential, nor gives one principal to two', async () => {
    await makeRole('strange_v1');
    const about = {
      provider: 'postgres-role',
      account: 'orders',
      ownerTeam: 'payments',
      enforcement: 'provider',
    } as const;

    await expect(api.admin.registerCredential('strange', { ...about, principal: 'strange' })).rejects.toMatchObject({
      code: 'PROVIDER_REFUSED',
    });
    await api.admin.registerCredential('first', { ...about, principal: 'shared' });
    await expect(api.admin.registerCredential('second', { ...about, principal: 'shared' })).rejects.toMatchObject({
      code: 'SUBJECT_TAKEN',
    });

    // Its undo had nothing to end.
    expect(await versionsOf('strange')).toEqual([expect.stringMatching(/^1 discarded/)]);
    expect([await logIn('strange_v1'), await versionsOf('first'), await versionsOf('second')]).toEqual([
      'accepted',
      ['1 live shared_v1'],
      [],
    ]);
    expect(await rolesLike('shared_v1')).toEqual(['shared_v1']);
  });

  it('takes in nothing that an incident could not end: a member by another role, a name that later versions will have', async () => {
    await admin.query(`CREATE ROLE through NOLOGIN IN ROLE ${ownerRole}`);
    await admin.query(`CREATE ROLE indirect LOGIN PASSWORD '${PASSWORD}' IN ROLE through`);
    await admin.query(`ALTER ROLE indirect SET role = ${ownerRole}`);
    await makeRole('blue_v2');
    const take = (id: string, publicId: string) =>
      api.admin.registerCredential(id, {
        ...{ provider: 'postgres-role', account: 'orders', principal: id, ownerTeam: 't', enforcement: 'provider' },
        version: { publicId, value: PASSWORD },
      });

    await expect(take('indirect', 'indirect')).rejects.toThrow(/ADOPTION_REFUSED.*is no direct member/);
    await expect(take('blue', 'blue_v2')).rejects.toThrow(/ADOPTION_REFUSED.*take blue_v2 as the principal/);
    expect((await take('blue_v2', 'blue_v2')).faults).toEqual([]);
    await expect(take('blue_v2', 'indirect')).rejects.toThrow(/it has a version already/);
    expect([await logIn('indirect'), await logIn('blue_v2')]).toEqual(['accepted', 'accepted']);
  });

  it('keeps nothing of a value that its system refuses, and takes the right one afterwards', async () => {
    await makeRole('typo_app');
    const entry = (place: string) => ['credentials:', ...described('typo-db', `{ publicId: typo_app, ${place} }`)];

    const refused = await importing('typo.yaml', entry('valueEnv: SHORT'));
    const kept = await rig.database.query(`SELECT 1 FROM secrets WHERE path = 'credentials/typo-db'`);
    const afterwards = await versionsOf('typo-db');
    const mended = await importing('typo.yaml', entry('valueFile: legacy.password'));

    expect(refused).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^typo-db: NOT REGISTERED: ADOPTION_REFUSED.*does not accept the value/) as string,
    });
    expect([kept.rowCount, afterwards, await givenPlaces()]).toEqual([0, ['1 discarded typo_app'], 0]);
    expect(mended.stdout).toBe('typo-db: version 2, ready\n');
    expect(await logIn('typo_app')).toBe('accepted');
  });

  it('imports CSV', async () => {
    await makeRole('csv_app');

    const { stdout } = await importing('good.csv', [
      'id,provider,account,principal,ownerTeam,enforcement,criticality,scopes,publicId,valueFile',
      'csv-db,postgres-role,orders,csv_db,payments,provider,1,orders:read orders:write,csv_app,legacy.password',
    ]);

    expect(stdout).toBe('csv-db: version 1, ready\n');
    expect(await rig.deps.inventory.credential('csv-db')).toMatchObject({
      criticality: 1,
      scopes: ['orders:read', 'orders:write'],
    });

    // What CSV can't say stays as it was.
    const said = {
      provider: 'postgres-role',
      account: 'orders',
      principal: 'csv_db',
      ownerTeam: 'p',
      enforcement: 'provider',
      dependents: [{ id: 'batch', kind: 'manual', owner: 'p' }],
      protection: 'break-glass',
    } as const;
    await api.admin.registerCredential('csv-db', said);
    await importing('good.csv', [
      'id,provider,account,principal,ownerTeam,enforcement',
      'csv-db,postgres-role,orders,csv_db,billing,provider',
    ]);
    expect(await rig.deps.inventory.credential('csv-db')).toMatchObject({
      ownerTeam: 'billing',
      protection: 'break-glass',
      criticality: 1,
      dependents: [{ id: 'batch' }],
    });
  });

  it('lists what nobody has registered, with what its system says of it, as a file to complete', async () => {
    await makeRole('unseen_app');
    await admin.query(`COMMENT ON ROLE unseen_app IS 'team: billing'`);
    const { host, port, database } = admin;
    const user = new PgClient({
      ...{ host, port, database: database ?? '', user: 'unseen_app', password: PASSWORD },
      application_name: 'billing-batch',
    });
    await user.connect();

    const found = await credential('discover', 'postgres-role', '--account', 'orders');
    await user.end();
    const [, entry = ''] = /( {2}- id: unseen_app[^]*)$/.exec(found.stdout) ?? [];
    const complete = entry.replace('publicId: unseen_app }', 'publicId: unseen_app, valueFile: legacy.password }');
    const unread = await importing('unread.yaml', ['credentials:', entry]);
    const imported = await importing('found.yaml', ['credentials:', complete]);

    expect(found.code).toBe(0);
    expect(found.stdout).toContain('ownerTeam: billing # as its system says');
    expect(found.stdout).toMatch(/networks: \["127\.0\.0\.1\/32"\] \} # billing-batch/);
    expect(found.stdout).not.toContain('csv_app');
    expect(unread.stderr).toContain('valueFile: is needed, or valueEnv, and not both');
    expect(imported.stdout).toContain('unseen_app: version 1, ready');
    expect((await credential('discover', 'api-token')).stderr).toContain('PROVIDER_UNKNOWN');
  });

  it('takes no credential from whoever is no admin', async () => {
    const about = { provider: 'postgres-role', principal: 'x', ownerTeam: 't', enforcement: 'provider' } as const;

    await expect(api.responder.registerCredential('x', about)).rejects.toMatchObject({ code: 'ROLE_INSUFFICIENT' });
    await expect(api.admin.registerCredential('unregistered/x', about)).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
    });
  });
});

function readLogs(directory: string, stem: string): string {
  return readdirSync(directory)
    .filter((name) => name.startsWith(stem) && name.endsWith('.log'))
    .map((name) => readFileSync(join(directory, name), 'utf8'))
    .join('\n');
}
