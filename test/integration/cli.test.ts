import { appendFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Client as PgClient } from 'pg';
import type { ManagedProcess } from '../../stack/managed-process';
import { createApiKeyStore } from '../../activities/store/api-keys';
import { createLeakReportStore } from '../../activities/store/leak-reports';
import { formatToken, tokenPublicId } from '../../domain/token-format';
import { startRig, type Rig } from '../../drills/rig';
import type { ReadinessReport } from '../../workflows/check-readiness';
import { asAUser, type CommandResult } from '../support/as-a-user';
import { eventually } from '../support/eventually';
import { sampleCredential, sampleVersion } from '../support/sample-credential';

describe('the command line', () => {
  let estate: Rig;
  let worker: ManagedProcess;

  beforeAll(async () => {
    estate = await startRig();
    await estate.addCredential('orders-db');
    const list = path.join(estate.deployment.directory, 'bad.txt');
    await writeFile(list, '198.51.100.7\n203.0.113.0/24\nnowhere\n');
    const lists = `[{ name: bad, from: ${list}, format: plain }, { name: none, from: ${list}.none, format: plain }]`;
    await appendFile(path.join(estate.deployment.directory, 'settings.yaml'), `\nthreatIntel: { lists: ${lists} }\n`);
    worker = await estate.startWorker('cli', 'tourniquet-response');
  });

  afterAll(async () => {
    await worker?.stop();
    await estate?.stop();
  });

  const tourniquet = (...args: string[]): Promise<CommandResult> => asAUser(estate.deployment.envFile, args);

  it('tells what a leak would get, by the policy, and does nothing', async () => {
    const grave = await tourniquet('plan', 'orders-db', '--severity', 'critical');
    expect(grave).toMatchObject({ code: 0, stderr: '' });
    expect(grave.stdout).toMatch(/refused: +at once, deny-all, by the provider/);
    expect(grave.stdout).toMatch(/replaced: +dependents have 60 s to move/);
    expect(grave.stdout).toMatch(/revoked: +by itself, when every dependent has moved, at the latest at the end/);
    expect(grave.stdout).toMatch(/besides: +Every session of the leaked role is ended/);
    expect(grave.stdout).toMatch(/asked: +engineering, security, product at once/);
    expect(grave.stdout).toContain('depend on it: orders-db-service (payments, criticality 1)');

    const weak = JSON.parse(
      (await tourniquet('plan', 'orders-db', '--severity', 'high', '--weak', '--json')).stdout,
    ) as {
      plan: { revoke: string };
    };
    expect(weak.plan.revoke).toBe('ask');
    const elsewhere = sampleCredential({ id: 'elsewhere', provider: 'a-vendor' });
    await estate.deps.inventory.register(elsewhere, sampleVersion({ credentialId: 'elsewhere' }));
    expect((await tourniquet('plan', 'elsewhere')).stdout).toMatch(/replaced: +by a person: disable it at a-vendor/);
    expect((await tourniquet('plan', 'no-such')).stderr).toContain('CREDENTIAL_UNKNOWN');
    expect((await tourniquet('incident', 'list')).stdout).not.toContain('orders-db');
  });

  it('says of each credential whether its leak could be answered now, and if not, why', async () => {
    const examined = await tourniquet('doctor', '--json');
    const { credentials, servers } = JSON.parse(examined.stdout) as ReadinessReport;
    const { faults } = credentials[0] ?? {};

    expect(examined).toMatchObject({ code: 1, stderr: '' });
    expect(JSON.parse(examined.stdout)).toMatchObject({
      ...{ examined: 2, unready: 1 },
      credentials: [
        { credentialId: 'elsewhere', provider: 'a-vendor' },
        { credentialId: 'orders-db', provider: 'postgres-role', version: 1, faults: [] },
      ],
    });
    expect(faults).toContainEqual(expect.objectContaining({ step: 'replace', code: 'PROVIDER_UNKNOWN' }));
    expect(servers).toContainEqual({ name: 'channel 1 of security (console)', faults: [] });
    expect(servers.filter(({ name }) => name.startsWith('threat list'))).not.toEqual([]);
    const { stdout } = await tourniquet('doctor');
    expect(stdout).toContain('other accounts, secret stores, channels and threat lists are ready');
    expect(stdout).toMatch(/orders-db +│ 1 +│ postgres-role +│ yes/);
    expect(stdout).toContain('1 of 2 credentials are ready');
  });

  it('refreshes the threat lists of the settings, and says what is in force', async () => {
    const refreshed = await tourniquet('intel', 'refresh', '--json');

    // A list that could not be had is told, and by the status, too.
    expect(refreshed).toMatchObject({ code: 1, stderr: '' });
    expect(JSON.parse(refreshed.stdout)).toMatchObject({
      lists: [
        { name: 'bad', networks: 2, trust: 'medium' },
        { name: 'none', networks: 0, fault: { code: 'INTEL_LIST_UNREACHABLE' } },
      ],
    });
    expect((await tourniquet('intel', 'list')).stdout).toMatch(/bad +│ hostile +│ medium +│ 2 +│ no-address: 1 +│ 2/);
  });

  it('finds every fault of a policy file, with its line', async () => {
    const file = path.join(estate.deployment.directory, 'bad-policy.yaml');
    await writeFile(file, 'version: 1\nholdSeconds: 5\nseverities: { high: { revoke: never } }\n');
    const checked = await tourniquet('policy', 'check', file);

    expect(checked).toMatchObject({ code: 1, stdout: '' });
    expect(checked.stderr).toContain('bad-policy.yaml: line 2, column 14: holdSeconds');
    await writeFile(file, (await tourniquet('policy', 'show')).stdout);
    expect(await tourniquet('policy', 'check', file)).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse((await tourniquet('policy', 'schema')).stdout)).toMatchObject({ title: 'Tourniquet policy' });
  });

  it('finds our own tokens in files, and hands in what scanners found; shows no value', async () => {
    const token = formatToken((size) => Buffer.alloc(size, 47));
    const file = path.join(estate.deployment.directory, 'leaked.env');
    const findings = path.join(estate.deployment.directory, 'gitleaks.json');
    const key = path.join(estate.deployment.directory, 'ci.key');
    await writeFile(file, `A=1\nTOKEN=${token}\n`);
    await writeFile(
      findings,
      JSON.stringify([
        { Secret: 'hunter2', File: 'weak.env', StartLine: 7 },
        { Secret: 'x'.repeat(5_000), File: 'key.pem', StartLine: 1 },
        { Secret: token, File: 'app.env', StartLine: 2 },
        {},
      ]),
    );
    await writeFile(key, await createApiKeyStore(estate.database).issue('ci', 'responder'), { mode: 0o600 });
    const api = ['--api', estate.deployment.apiUrl, '--key-file', key];

    const scanned = await tourniquet('scan', '--report', ...api, file);
    const reported = await tourniquet('leak', 'report', '--scanner', 'gitleaks', ...api, findings);

    expect(scanned).toMatchObject({ code: 1, stdout: `${file}:2: ${tokenPublicId(token) ?? ''}\n`, stderr: '' });
    expect(reported).toMatchObject({
      code: 1,
      stdout: '1 findings reported, 1 not understood or redacted, 2 refused\n',
    });
    expect(reported.stderr).toMatch(/^gitleaks: weak\.env:7: REQUEST_INVALID.*\ngitleaks: key\.pem:1: REQUEST_INVALID/);
    expect(reported.stderr).not.toMatch(/hunter2|xxx/);
    expect(await tourniquet('scan', path.join(estate.deployment.directory, 'ci.key'))).toMatchObject({ code: 1 });
    // A value that is not in the inventory is counted, and not kept.
    const kept = createLeakReportStore(estate.database);
    expect(
      await eventually(
        () => kept.counts(),
        ({ unknown }) => unknown === 2,
      ),
    ).toEqual({ unknown: 2 });
  });

  it('takes an incident from its start to its proof, and shows it', async () => {
    const started = await tourniquet(
      'incident',
      'start',
      'orders-db',
      '--reason',
      'pasted into a public chat',
      '--wait',
    );
    expect(started).toMatchObject({ code: 0, stdout: 'incident/orders-db/1\nrecovered\n' });

    const shown = await tourniquet('incident', 'show', 'incident/orders-db/1');
    expect(shown.stdout).toContain('why: pasted into a public chat');
    expect(shown.stdout).toContain('verified dead, proof presented');

    expect((await tourniquet('incident', 'list')).stdout).toMatch(
      /incident\/orders-db\/1 .*COMPLETED.*closed.*payments/,
    );
    expect((await tourniquet('credential', 'list')).stdout).toMatch(/orders-db .*1 revoked[\s\S]*2 live/);
    expect((await tourniquet('audit', 'verify')).stdout).toMatch(
      /^\d+ entries, chain verified, head [0-9a-f]{64}; no checkpoints were given/,
    );
  });

  it('refuses bad input with a code and what to do next', async () => {
    const again = await tourniquet('incident', 'start', 'orders-db', '--version', '1', '--reason', 'again');
    expect(again).toMatchObject({ code: 1 });
    expect(again.stderr).toContain('INCIDENT_EXISTS (incident=incident/orders-db/1)');

    expect((await tourniquet('incident', 'start', 'no-such', '--reason', 'x')).stderr).toContain(
      'CREDENTIAL_UNKNOWN (credential=no-such)',
    );
    expect((await tourniquet('incident', 'start', 'orders-db', '--version', '9', '--reason', 'x')).stderr).toContain(
      'VERSION_UNKNOWN',
    );
    expect((await tourniquet('incident', 'show', 'incident/orders-db/7')).stderr).toContain('INCIDENT_UNKNOWN');
    expect((await tourniquet('incident', 'start', 'orders-db')).code).not.toBe(0);
  });

  it('says where the audit log was tampered with', async () => {
    const admin = new URL(estate.stack.postgres.adminUrl);
    admin.pathname = '/tourniquet';
    const client = new PgClient({ connectionString: admin.toString() });
    await client.connect();
    await client.query(`UPDATE audit_entries SET event = jsonb_set(event, '{actor}', '"nobody"') WHERE seq = 3`);
    await client.end();

    const verified = await tourniquet('audit', 'verify');

    expect(verified.code).toBe(1);
    expect(verified.stderr).toContain('AUDIT_CHAIN_BROKEN (entry=3');
  });
});
