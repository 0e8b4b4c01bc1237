import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Client } from '@temporalio/client';
import { createInventory } from '../../activities/store/inventory';
import { createApiClient, incident, listIncidents, startIncident, type ApiClient } from '../../client';
import { incidentId } from '../../domain/credential';
import type { DemoReport } from '../../drills/demo/report';
import { compiledProgram } from '../../stack/compiled-program';
import type { ManagedProcess } from '../../stack/managed-process';
import { parseConfig } from '../../workers/config';
import { createTemporalClient } from '../../workers/temporal';
import { eventually } from '../support/eventually';
import { startRig, type Rig } from '../../drills/rig';
import type { respondToLeak } from '../../workflows';
import { sampleAssessment, sampleInput } from '../support/fake-activities';
import { sampleCredential, sampleVersion } from '../support/sample-credential';

/** The whole product, from outside: the API's process, the command line, and both kinds of client. */
describe('programs', () => {
  let estate: Rig;
  let worker: ManagedProcess;
  let connection: ReturnType<typeof createTemporalClient>;
  let temporal: Client;
  let api: ApiClient;

  beforeAll(async () => {
    estate = await startRig();
    worker = await estate.startWorker('programs', 'tourniquet-response');
    connection = createTemporalClient(parseConfig('cli', estate.deployment.environmentOf('cli')));
    temporal = connection.client;
    const created = await tourniquet('api-key', 'create', 'deploy-bot', '--role', 'responder');
    api = createApiClient({ url: estate.deployment.apiUrl, key: created.stdout.trim() });
  });

  afterAll(async () => {
    await connection?.close();
    await worker?.stop();
    await estate?.stop();
  });

  function tourniquet(
    ...args: string[]
  ): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
    const env = {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      ...estate.deployment.environmentOf('cli'),
    };
    return new Promise((resolve) => {
      execFile(process.execPath, [compiledProgram('cli', 'main.js'), ...args], { env }, (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
      });
    });
  }

  it('a person approves what loosens by the command line: what to send is printed, or sent', async () => {
    const { credential } = await estate.addCredential('approved', 'api-token');
    const keyFile = path.join(estate.deployment.directory, 'ana.key');
    await writeFile(keyFile, (await tourniquet('api-key', 'create', 'ana', '--role', 'approver')).stdout);
    const id = incidentId(credential.id, 1);
    await temporal.workflow.start<typeof respondToLeak>('respondToLeak', {
      workflowId: id,
      taskQueue: 'tourniquet-response',
      args: [sampleInput({ credentialId: credential.id, assessment: sampleAssessment({ families: ['origin'] }) })],
    });
    const approve = (...args: string[]) =>
      tourniquet('approve', id, ...args, '--api', estate.deployment.apiUrl, '--key-file', keyFile, '--note', 'ours');
    await eventually(
      () => api.incident(id).state(),
      ({ incident: { waiting } }) => waiting?.kind === 'revoke',
      60_000,
    );

    const printed = await approve('markFalsePositive');
    expect(printed.stderr).toContain(`Send update markFalsePositive to ${id} with this, once`);
    expect(JSON.parse(printed.stdout)).toMatchObject({ actor: 'ana', note: 'ours' });
    expect((await approve('lowerSeverity', '--severity', 'medium', '--send')).stdout).toBe('severity medium\n');
    expect((await approve('skipStep', '--send')).stderr).toContain('REQUEST_INVALID');
    expect((await approve('markFalsePositive', '--send')).stdout).toBe('the refusal is being lifted\n');
    expect((await api.incident(id).result({ timeoutMs: 30_000 })).outcome).toBe('false-positive-restored');
    expect((await approve('approveStep')).stderr).toContain('NOTHING_TO_APPROVE');
  });

  it('a dry run and the builds of the workers are a command away', async () => {
    await estate.addCredential('rehearsed');
    const rehearsed = await tourniquet('incident', 'start', 'rehearsed', '--reason', 'before the audit', '--dry-run');
    expect(rehearsed).toMatchObject({ code: 0, stderr: '' });
    expect(rehearsed.stdout).toMatch(/dry-run\/rehearsed\/1: DRY RUN, nothing is done[\s\S]*verify .*yes/);

    const builds = (await tourniquet('deployment', 'builds')).stdout;
    const build = /│ (?<id>[0-9a-f]{12}) .*current/.exec(builds)?.groups?.['id'] ?? '';
    expect((await tourniquet('deployment', 'promote', build)).stdout).toBe(`new incidents begin on ${build}\n`);
    expect((await tourniquet('deployment', 'promote', 'no-such')).stderr).toContain('BUILD_UNKNOWN');
  });

  it('keys are made, shown once, listed without their value, and ended', async () => {
    const made = await tourniquet('api-key', 'create', 'grafana', '--role', 'viewer');
    expect(made.stdout).toMatch(/^tqk_[\w-]{43}\n$/);
    const viewer = createApiClient({ url: estate.deployment.apiUrl, key: made.stdout.trim() });
    await expect(viewer.listIncidents()).resolves.toMatchObject({ next: null });
    await expect(viewer.startIncident({ credentialId: 'x', reason: 'x' })).rejects.toMatchObject({
      code: 'ROLE_INSUFFICIENT',
    });

    const again = await tourniquet('api-key', 'create', 'grafana', '--role', 'admin');
    expect(again).toMatchObject({ code: 1, stdout: '' });
    expect(again.stderr).toContain('API_KEY_EXISTS (name=grafana)');
    const listed = await tourniquet('api-key', 'list');
    expect(listed.stdout).toMatch(/grafana .*viewer/);
    expect(listed.stdout).not.toContain('tqk_');

    expect((await tourniquet('api-key', 'revoke', 'grafana')).stdout).toBe('revoked grafana (viewer)\n');
    await expect(viewer.listIncidents()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect((await tourniquet('api-key', 'revoke', 'grafana')).stderr).toContain('API_KEY_UNKNOWN');
    expect((await tourniquet('api-key', 'create', 'x', '--role', 'king')).code).not.toBe(0);
    expect((await tourniquet('api-key', 'create', 'a b', '--role', 'viewer')).stderr).toContain('REQUEST_INVALID');
    const { rows } = await estate.database.query<{ event: { action: string; detail: unknown } }>(
      `SELECT event FROM audit_entries WHERE event->>'action' LIKE 'api-key.%' AND event->'detail'->>'name' = 'grafana' ORDER BY seq`,
    );
    expect(rows.map(({ event }) => event.action)).toEqual(['api-key.create', 'api-key.revoke']);
  });

  it('start an incident by the API, wait for it, and read it by either client', async () => {
    const id = 'api-orders';
    const { usedVersion } = await estate.addCredential(id);

    const handle = await api.startIncident({ credentialId: id, reason: 'in a public image', idempotencyKey: 'once' });
    const repeated = await api.startIncident({ credentialId: id, reason: 'in a public image', idempotencyKey: 'once' });
    expect([handle.id, repeated.id]).toEqual([`incident/${id}/1`, `incident/${id}/1`]);
    const { outcome, view } = await handle.result({ timeoutMs: 60_000 });

    expect([outcome, usedVersion()]).toEqual(['recovered', 2]);
    expect(view).toMatchObject({ credentialId: id, startedBy: 'deploy-bot', replacement: 2 });
    const direct = incident(temporal, handle.id);
    expect(await handle.timeline()).toEqual(await direct.timeline());
    expect((await direct.timeline()).map(({ stage }) => stage)).toEqual(
      expect.arrayContaining(['opened', 'contained', 'replaced', 'moved', 'revoked', 'verified', 'notified', 'closed']),
    );
    expect((await direct.result({ timeoutMs: 5_000 })).outcome).toBe('recovered');
    expect(await handle.state()).toEqual(await direct.state());
    await expect(api.startIncident({ credentialId: id, version: 1, reason: 'again' })).rejects.toMatchObject({
      code: 'INCIDENT_EXISTS',
      fields: { incident: handle.id },
    });

    const found = await eventually(
      () => api.listIncidents({ credential: id, stage: 'closed' }),
      ({ incidents }) => incidents.length === 1,
    );
    expect(found.incidents[0]).toMatchObject({ id: handle.id, status: 'completed', ownerTeam: 'payments' });
    expect(await listIncidents(temporal, { credential: id })).toEqual(await api.listIncidents({ credential: id }));
  });

  it('learn that an incident is not over, was aborted, or is not there', async () => {
    const open = await startIncident(temporal, {
      credentialId: 'nobody-answers',
      version: 1,
      severity: 'high',
      reason: 'x',
      startedBy: 'test',
      taskQueue: 'nobody-polls-this',
    });
    await expect(open.result({ timeoutMs: 300 })).rejects.toMatchObject({ code: 'INCIDENT_STILL_OPEN' });
    await temporal.workflow.getHandle(open.id).terminate('the test is over');
    await expect(open.result({ timeoutMs: 5_000 })).rejects.toMatchObject({ code: 'INCIDENT_ABORTED' });

    // A credential nobody registered: the workflow says so by failing.
    const failed = await startIncident(temporal, {
      credentialId: 'unregistered',
      version: 1,
      severity: 'high',
      reason: 'x',
      startedBy: 'test',
    });
    await expect(api.incident(failed.id).result({ timeoutMs: 30_000 })).rejects.toMatchObject({
      code: 'INCIDENT_ABORTED',
    });
    for (const one of [api.incident('incident/none/1'), incident(temporal, 'incident/none/1')]) {
      await expect(one.state()).rejects.toMatchObject({ code: 'INCIDENT_UNKNOWN' });
      await expect(one.result({ timeoutMs: 5_000 })).rejects.toMatchObject({ code: 'INCIDENT_UNKNOWN' });
    }
    await expect(createApiClient({ url: 'http://127.0.0.1:9', key: 'tqk_x' }).listIncidents()).rejects.toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
    });
  });

  it('name the faults of what they hand in, and hand in leaks by value', async () => {
    await expect(api.reportUsage([{} as never])).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    await expect(api.reportLeak({ token: 'not-one-of-ours', source: 'a scanner' })).resolves.toBeUndefined();
    await expect(api.reportLeak({ token: '', source: 'a scanner' })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  });

  it('hand in usage through the process: its user on NATS may publish it', async () => {
    const event = {
      kind: 'usage',
      id: 'from-outside',
      at: Date.now(),
      subject: 'id:postgres-role:orders/api_orders_v1',
      source: 'proxy',
      principalKind: 'workload',
      client: { address: '10.0.0.1', agent: 'x' },
      action: { kind: 'read', name: '/x' },
      outcome: 'accepted',
    };

    await expect(api.reportUsage([event as never])).resolves.toBeUndefined();
  });

  describe('tourniquet simulate', () => {
    it('plays a marked leak of a credential, with the real response and the same report', async () => {
      const id = 'simulated-orders';
      const { usedVersion } = await estate.addCredential(id);

      const refused = await tourniquet('simulate', id);
      expect(refused).toMatchObject({ code: 1, stdout: '' });
      expect(refused.stderr).toContain('CONFIRMATION_NEEDED (credential=simulated-orders version=1');
      expect(refused.stderr).toContain('for real');
      expect(usedVersion()).toBe(1);

      const played = await tourniquet('simulate', id, '--yes', '--json');

      expect({ code: played.code, tail: played.code === 0 ? '' : played.stderr.slice(-2_000) }).toEqual({
        code: 0,
        tail: '',
      });
      expect(played.stdout.trim().split('\n')).toHaveLength(1);
      expect(played.stderr).toContain('SIMULATED leak of simulated-orders v1');
      const report = JSON.parse(played.stdout) as DemoReport;
      expect(report).toMatchObject({ simulated: true, legitimateRequests: null, auditVerified: true });
      const [one] = report.credentials;
      expect(one).toMatchObject({
        id,
        strategy: 'inseparable',
        refusedMs: null,
        attackerSessionsAlive: null,
        attackerSuccessesAfterRefusal: null,
        audiencesNotified: ['engineering', 'product', 'security'],
        outcome: 'recovered',
        workflowId: `incident/${id}/1`,
      });
      const times = [one?.quarantinedMs, one?.replacedMs, one?.revokedMs, one?.verifiedMs, one?.notifiedMs];
      expect(times).toEqual([...times].sort((a, b) => Number(a) - Number(b)));
      expect(usedVersion()).toBe(2);
    });

    it('says SIMULATED wherever the incident shows', async () => {
      const id = 'incident/simulated-orders/1';
      const handle = temporal.workflow.getHandle(id);
      const view = await incident(temporal, id).state();
      const { staticSummary, staticDetails } = await handle.describe().then(async (described) => ({
        staticSummary: await described.staticSummary(),
        staticDetails: await described.staticDetails(),
      }));
      const { rows } = await estate.database.query<{ event: { incidentId: string; detail: { note?: string } } }>(
        `SELECT event FROM audit_entries WHERE event->>'incidentId' = $1`,
        [id],
      );

      expect(view).toMatchObject({ simulated: true });
      expect(view.incident.evidence.reason).toMatch(/^SIMULATED: an exercise/);
      expect(staticSummary).toMatch(/^SIMULATED high/);
      expect(staticDetails).toContain('SIMULATED');
      expect(rows.length).toBeGreaterThan(8);
      for (const { event } of rows) expect(event.detail.note).toBe('SIMULATED');
    });

    it('refuses what it may not touch', async () => {
      await createInventory(estate.database).register(
        sampleCredential({ id: 'break-glass', protection: 'break-glass' }),
        sampleVersion({ credentialId: 'break-glass' }),
      );
      const refusal = async (...args: string[]) => {
        const { code, stderr } = await tourniquet('simulate', ...args, '--yes');
        return [code, stderr.split(' ')[0]];
      };

      expect(await refusal('break-glass')).toEqual([1, 'CREDENTIAL_PROTECTED']);
      expect(await refusal('nobody')).toEqual([1, 'CREDENTIAL_UNKNOWN']);
      expect((await refusal('simulated-orders', '--timeout-seconds', 'soon'))[0]).not.toBe(0);
    });
  });
});
