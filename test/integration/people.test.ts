import { createPrivateKey, generateKeyPairSync, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { createActivities } from '../../activities';
import { createApiKeyStore } from '../../activities/store/api-keys';
import { signApproval } from '../../api/sign-approval';
import { createApiClient, incident, rehearseIncident, type ApiClient } from '../../client';
import type { ApprovalScope } from '../../domain/approval';
import { incidentId } from '../../domain/credential';
import { DEFAULT_POLICY } from '../../domain/policy';
import { startRig, type Rig } from '../../drills/rig';
import type { ManagedProcess } from '../../stack/managed-process';
import { parseConfig } from '../../workers/config';
import { pageForAbandoned } from '../../workers/response/abandoned-incidents';
import { createTemporalClient } from '../../workers/temporal';
import type { respondToLeak } from '../../workflows';
import { lowerSeverityUpdate } from '../../workflows/messages';
import { sampleAssessment } from '../support/fake-activities';
import { eventually } from '../support/eventually';
import { runActivity } from '../support/run-activity';

const ANA = 'ana@example.com';
const BO = 'bo@example.com';
/** Where the API starts incidents, too. */
const TASK_QUEUE = 'tourniquet-response';

/** Real servers, a real worker, real keys: what a person can do to an incident, and what nobody can. */
describe('people', () => {
  let rig: Rig;
  let worker: ManagedProcess;
  let temporal: ReturnType<typeof createTemporalClient>;
  let ana: ApiClient;
  let bo: ApiClient;
  let program: ApiClient;

  beforeAll(async () => {
    rig = await startRig();
    worker = await rig.startWorker('people', TASK_QUEUE);
    temporal = createTemporalClient(parseConfig('cli', rig.deployment.environmentOf('cli')));
    const keys = createApiKeyStore(rig.database);
    const clientOf = async (name: string, role: 'approver' | 'responder') =>
      createApiClient({ url: rig.deployment.apiUrl, key: await keys.issue(name, role) });
    [ana, bo, program] = [
      await clientOf(ANA, 'approver'),
      await clientOf(BO, 'approver'),
      await clientOf('ci', 'responder'),
    ];
  });

  afterAll(async () => {
    await temporal?.close();
    await worker?.stop();
    await rig?.stop();
  });

  /** An incident that is contained and replaced, and asks before it revokes: one kind of evidence alone. */
  async function asking(): Promise<{ id: string; handle: WorkflowHandle<typeof respondToLeak>; credential: string }> {
    const credential = `steered-${randomUUID().slice(0, 8)}`;
    // Nobody can be told apart: all use is refused.
    await rig.addCredential(credential, 'api-token', { knownContexts: [] });
    const id = incidentId(credential, 1);
    const handle = await temporal.client.workflow.start<typeof respondToLeak>('respondToLeak', {
      workflowId: id,
      taskQueue: TASK_QUEUE,
      args: [
        {
          credentialId: credential,
          version: 1,
          assessment: sampleAssessment({ severity: 'critical', families: ['origin'], firstAbuseAt: Date.now() }),
          policy: DEFAULT_POLICY,
          startedBy: 'detector',
        },
      ],
    });
    await eventually(
      () => incident(temporal.client, id).state(),
      (view) => view.incident.waiting?.kind === 'revoke',
      60_000,
    );
    return { id, handle, credential };
  }

  const isRefused = async (credential: string): Promise<boolean> => {
    const version = await rig.deps.inventory.version(credential, 1);
    const token = JSON.parse(await rig.deps.secrets.get(version.secret)) as { token: string };
    const answer = await fetch(`${rig.deployment.gatewayUrl}/authorize`, {
      headers: { authorization: `Bearer ${token.token}` },
    });
    return answer.status === 401;
  };

  async function pagesAbout(id: string): Promise<number> {
    const { rows } = await rig.database.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM notifications WHERE dedupe_key LIKE $1`,
      [`abandoned/${id}/%`],
    );
    return rows[0]?.count ?? 0;
  }

  async function audited(id: string): Promise<{ actor: string; action: string; detail: Record<string, unknown> }[]> {
    const { rows } = await rig.database.query<{
      event: { actor: string; action: string; detail: Record<string, unknown> };
    }>(`SELECT event FROM audit_entries WHERE event->>'incidentId' = $1 ORDER BY seq`, [id]);
    return rows.map(({ event }) => event);
  }

  it('an approval that is forged, expired, replayed, or for something else or somebody else does nothing, and is audited', async () => {
    const { id, handle } = await asking();
    const key = createPrivateKey(await readFile(rig.deployment.keys.approval, 'utf8'));
    const stranger = generateKeyPairSync('ed25519').privateKey;
    const { runId: run } = await handle.describe();
    const scope: ApprovalScope = {
      incidentId: id,
      actor: ANA,
      action: 'lowerSeverity',
      detail: { severity: 'high', run },
    };
    const now = Date.now();
    const { approval: good } = await signApproval(key, scope, now);
    const [head, body, signature] = good.split('.') as [string, string, string];
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as object;
    const raised = Buffer.from(JSON.stringify({ ...claims, sub: BO })).toString('base64url');
    const unsigned = Buffer.from('{"alg":"none"}').toString('base64url');

    const send = (approval: string, actor = ANA) =>
      handle.executeUpdate(lowerSeverityUpdate, { args: [{ actor, note: 'a test', severity: 'high', approval }] }).then(
        () => 'done',
        (error: Error) => String((error.cause as Error | undefined)?.cause ?? error.cause),
      );
    const tries: readonly (readonly [string, string, string?])[] = [
      ['not signed by the API', (await signApproval(stranger, scope, now)).approval],
      ['not signed by the API', [head, raised, signature].join('.'), BO],
      ['not signed by the API', `${unsigned}.${body}.`],
      ['not signed by the API', 'nonsense'],
      ['expired', (await signApproval(key, scope, now - 11 * 60_000)).approval],
      ['of another person', good, BO],
      ['for another incident', (await signApproval(key, { ...scope, incidentId: 'incident/other/1' }, now)).approval],
      [
        'for another action',
        (await signApproval(key, { ...scope, action: 'markFalsePositive', detail: { run } }, now)).approval,
      ],
      ['for another action', (await signApproval(key, { ...scope, detail: { severity: 'low', run } }, now)).approval],
      [
        'for another action',
        (await signApproval(key, { ...scope, detail: { severity: 'high', run: 'an-earlier' } }, now)).approval,
      ],
    ];
    for (const [refusal, approval, actor] of tries) expect(await send(approval, actor)).toContain(refusal);
    expect((await incident(temporal.client, id).state()).incident.evidence.severity).toBe('critical');

    expect(await send(good)).toBe('done');
    expect((await incident(temporal.client, id).state()).incident.evidence.severity).toBe('high');
    await ana.update(id, 'raiseSeverity', { note: 'it is bad after all', severity: 'critical' });
    expect(await send(good)).toContain('used already');
    expect((await incident(temporal.client, id).state()).incident.evidence.severity).toBe('critical');

    const entries = await audited(id);
    expect(
      entries.filter(({ action }) => action === 'approval.refused').map(({ detail }) => detail['refusal']),
    ).toEqual([...tries.map(([refusal]) => refusal), 'used already']);
    expect(entries.filter(({ action }) => action === 'approval.used').map(({ actor }) => actor)).toEqual([ANA]);
    await handle.terminate();
  });

  it('only people with the role are given approvals, each in their own name', async () => {
    const { id, handle } = await asking();

    await expect(program.approve(id, { action: 'markFalsePositive', note: 'please' })).rejects.toThrow(
      'ROLE_INSUFFICIENT',
    );
    const { update, payload } = await ana.approve(id, { action: 'markFalsePositive', note: 'a load test of ours' });
    expect(payload).toMatchObject({ actor: ANA, note: 'a load test of ours' });
    await expect(bo.update(id, update, payload)).rejects.toThrow('APPROVAL_REFUSED');
    await expect(program.update(id, 'retryStep', { note: 'now' })).rejects.toThrow(
      /answered by approveStep or rejectStep/,
    );
    await handle.terminate();
  });

  it('a false positive is restored: the version works again everywhere, and nothing was revoked', async () => {
    const { id, handle, credential } = await asking();
    const before = await rig.deps.inventory.version(credential, 1);
    expect(before.state).toBe('quarantined');
    expect(await isRefused(credential)).toBe(true);
    const { update, payload } = await ana.approve(id, { action: 'markFalsePositive', note: 'our own scanner' });

    expect(await ana.update(id, update, payload)).toBe('the refusal is being lifted');
    const { outcome, view } = await handle.result();

    expect(outcome).toBe('false-positive-restored');
    expect(view.incident.milestones.revoked).toBeUndefined();
    expect((await rig.deps.inventory.version(credential, 1)).state).toBe('live');
    await eventually(
      () => isRefused(credential),
      (refused) => !refused,
    );
    const entries = await audited(id);
    expect(entries.find(({ action }) => action === 'lift-containment')).toMatchObject({ actor: ANA });
    expect(entries.at(-1)?.detail).toMatchObject({ outcome: 'false-positive-restored' });
  });

  it('a cancelled and a terminated incident leave the version contained', async () => {
    const [cancelled, terminated] = [await asking(), await asking()];

    await cancelled.handle.cancel();
    await terminated.handle.terminate('a test');
    await expect(cancelled.handle.result()).rejects.toThrow();
    await expect(terminated.handle.result()).rejects.toThrow();
    await sleep(2_000);

    // A terminated workflow can't say that nobody looks after it: response workers do, once.
    await eventually(
      async () => {
        await pageForAbandoned(rig.deps, temporal.client, Date.now());
        return pagesAbout(terminated.id);
      },
      (pages) => pages > 0,
    );
    await pageForAbandoned(rig.deps, temporal.client, Date.now());
    expect(await pagesAbout(terminated.id)).toBe(1);
    expect(await pagesAbout(cancelled.id)).toBe(0);

    for (const { credential } of [cancelled, terminated]) {
      const { state, subjects } = await rig.deps.inventory.version(credential, 1);
      expect(state).toBe('quarantined');
      for (const subject of subjects)
        expect([
          (await rig.deps.denylist.get(subject))?.entry.status,
          (await rig.deps.containments.get(subject))?.status,
        ]).toEqual(['quarantine', 'quarantine']);
    }
  });

  it('an incident that ended between the one-way door and the proof is paged for, and goes on with the proof when it is started again', async () => {
    const { id, handle, credential } = await asking();
    await handle.terminate('a test');
    const step = { incidentId: id, runId: 'run', credentialId: credential, version: 1, stepKey: `${id}/revoke` };
    await runActivity(createActivities(rig.deps).revokeVersion, { ...step, reason: 'it leaked', decidedBy: ANA });
    await eventually(
      async () => {
        await pageForAbandoned(rig.deps, temporal.client, Date.now());
        return pagesAbout(id);
      },
      (pages) => pages === 1,
    );

    await program.startIncident({ credentialId: credential, version: 1, reason: 'somebody terminated it' });

    const { outcome, view } = await temporal.client.workflow.getHandle<typeof respondToLeak>(id).result();
    expect([outcome, view.replacement]).toEqual(['recovered', 2]);
    expect(view.plan?.reasons).toEqual([expect.stringContaining('never proven dead')]);
    expect((await rig.deps.inventory.version(credential, 1)).provenDead).toBe(true);
    await expect(
      program.startIncident({ credentialId: credential, version: 1, reason: 'and once more' }),
    ).rejects.toMatchObject({ code: 'INCIDENT_EXISTS' });
  });

  it('an incident that ended without ending the version is opened again by a new start', async () => {
    const { id, handle, credential } = await asking();
    await ana.update(id, 'rejectStep', { note: 'not before the weekend' });
    expect((await handle.result()).outcome).toBe('contained-waiting-for-person');

    const again = await program.startIncident({ credentialId: credential, version: 1, reason: 'it is Monday' });

    expect(again.id).toBe(id);
    expect(
      (
        await eventually(
          () => again.state(),
          (view) => view.startedBy === 'ci',
        )
      ).incident.stage,
    ).not.toBe('closed');
  });

  it('a dry run goes through every step and does nothing', async () => {
    const credential = `rehearsed-${randomUUID().slice(0, 8)}`;
    const { credential: registered } = await rig.addCredential(credential);
    const { id, report } = await rehearseIncident(temporal.client, {
      credentialId: credential,
      version: 1,
      severity: 'high',
      reason: 'before the audit',
      startedBy: ANA,
      about: registered,
      taskQueue: TASK_QUEUE,
    });

    const { steps, plan } = await report();

    expect(steps.map(({ step, ready }) => [step, ready])).toEqual([
      ['contain', true],
      ['replace', true],
      [`move ${credential}-service`, true],
      ['revoke', true],
      ['verify', true],
      ['notify engineering', true],
      ['notify security', true],
      ['notify product', true],
    ]);
    expect(plan.strategy).toBe('inseparable');
    const version = await rig.deps.inventory.version(credential, 1);
    expect(version.state).toBe('live');
    for (const subject of version.subjects) expect(await rig.deps.denylist.get(subject)).toBeUndefined();
    expect(await rig.deps.inventory.versions(credential)).toHaveLength(1);
    expect((await audited(id)).map(({ action }) => action)).toEqual(['dry-run']);
  });

  it('the audit of all this is whole', async () => {
    expect(await rig.checkAudit()).toMatchObject({ ok: true });
  });
});
