import { jetstream } from '@nats-io/jetstream';
import { createApiKeyStore } from '../../activities/store/api-keys';
import { createApiClient, incident, listIncidents } from '../../client';
import { DEFAULT_BUDGETS } from '../../domain/action-budget';
import { incidentId, type InventoryRecord } from '../../domain/credential';
import { partitionOf } from '../../domain/subject';
import type { StreamEvent, UsageBatch } from '../../domain/usage-event';
import { startNoticeSink, type NoticeSink } from '../../drills/demo/notice-sink';
import { startRig, type Rig } from '../../drills/rig';
import { createDenylist } from '../../enforcement/denylist-kv';
import { openBucket } from '../../enforcement/buckets';
import type { ManagedProcess } from '../../stack/managed-process';
import { parseConfig } from '../../workers/config';
import { createTemporalClient } from '../../workers/temporal';
import { approveStepUpdate } from '../../workflows/messages';
import { eventually } from '../support/eventually';

/** More than one team may lose without a person. */
const TOKENS = Array.from({ length: DEFAULT_BUDGETS.perTeam + 3 }, (_, n) => `flooded-${n + 1}`);

const PROTECTED = 'way-in-for-emergencies';

/** Somebody makes every credential of the estate look stolen, truly: each is used, and each is known to have leaked. */
describe('a flood of true detections', () => {
  let rig: Rig;
  let sink: NoticeSink;
  let worker: ManagedProcess;
  let temporal: ReturnType<typeof createTemporalClient>;

  beforeAll(async () => {
    sink = await startNoticeSink();
    const channel = (audience: 'engineering' | 'security' | 'product') => [
      { notifier: 'webhook', target: sink.urlOf(audience) },
    ];
    rig = await startRig({
      budgets: DEFAULT_BUDGETS,
      audiences: {
        engineering: channel('engineering'),
        security: channel('security'),
        product: channel('product'),
      },
    });
    worker = await rig.startWorker('flooded', 'tourniquet-response');
    temporal = createTemporalClient(parseConfig('cli', rig.deployment.environmentOf('cli')));
    for (const id of TOKENS) await rig.addCredential(id, 'api-token');
    await rig.addCredential(PROTECTED, 'api-token', { protection: 'break-glass' });
    await rig.deployment.start(['dispatcher', 'detection']);
  });

  afterAll(async () => {
    await temporal?.close();
    await worker?.stop();
    await rig?.stop();
    await sink?.close();
  });

  it('ends as many versions as the budget allows; the others stay refused, are replaced, and a person is paged', async () => {
    for (const record of await flooded()) await publishTheft(record);

    const views = await eventually(
      async () => Promise.all(TOKENS.map((id) => viewOf(id))),
      (all) => all.every((view) => view && ['closed', 'waiting-for-person'].includes(view.incident.stage)),
      90_000,
    );

    const closed = views.filter((view) => view?.incident.stage === 'closed');
    const waiting = views.filter((view) => view?.incident.stage === 'waiting-for-person');
    expect([closed.length, waiting.length]).toEqual([DEFAULT_BUDGETS.perTeam, 3]);
    for (const view of closed) expect(view?.incident.outcome).toBe('recovered');
    for (const view of waiting) {
      expect(view?.incident.waiting?.question).toContain('ACTION_BUDGET_SPENT (team=payments limit=5');
      expect(view?.incident.milestones.contained).toBeGreaterThan(0);
      expect([view?.replacement, view?.incident.milestones.revoked]).toEqual([2, undefined]);
      const pages = sink.received.filter(
        (one) => one.kind === 'person-needed' && one.credential === view?.credentialId && one.audience === 'security',
      );
      expect(pages).toHaveLength(1);
    }
    // Nothing that was abused is let in again, and no version is ended in secret.
    const denylist = createDenylist(await openBucket(rig.nats, 'denylist'));
    const states = await Promise.all(
      (await flooded())
        .filter(({ credentialId }) => credentialId !== PROTECTED)
        .map(async ({ subject, credentialId }) => ({
          listed: (await denylist.get(subject))?.entry.status,
          state: (await rig.deps.inventory.version(credentialId, 1)).state,
        })),
    );
    expect(states.filter(({ listed, state }) => listed === 'revoked' && state === 'revoked')).toHaveLength(5);
    expect(states.filter(({ listed, state }) => listed === 'quarantine' && state === 'quarantined')).toHaveLength(3);

    const way = await eventually(
      () => viewOf(PROTECTED),
      (view) => view?.incident.stage === 'waiting-for-person',
    );
    expect(way?.incident.waiting?.question).toContain('break-glass credential: it is NOT contained');
    const [record] = (await flooded()).filter(({ credentialId }) => credentialId === PROTECTED);
    expect([record?.state, await denylist.get(record!.subject)]).toEqual(['live', undefined]);

    const [one] = waiting;
    const handle = temporal.client.workflow.getHandle(incidentId(one!.credentialId, 1));
    // A name alone is asked again: only a signed approval goes past the budget.
    await handle.executeUpdate(approveStepUpdate, { args: [{ actor: 'ana@example.com', note: 'it is real' }] });
    await eventually(
      () => viewOf(one!.credentialId),
      (view) => view?.incident.waiting?.number === 2,
    );
    const key = await createApiKeyStore(rig.database).issue('ana@example.com', 'approver');
    const api = createApiClient({ url: rig.deployment.apiUrl, key });
    const { update, payload } = await api.approve(handle.workflowId, { action: 'approveStep', note: 'it is real' });
    expect(await api.update(handle.workflowId, update, payload)).toBe('go on');
    expect((await incident(temporal.client, handle.workflowId).result({ timeoutMs: 30_000 })).outcome).toBe(
      'recovered',
    );
    expect((await listIncidents(temporal.client, { stage: 'waiting-for-person' })).incidents).toHaveLength(3);
    expect(await rig.checkAudit()).toMatchObject({ ok: true });
  });

  async function flooded(): Promise<InventoryRecord[]> {
    const records = await rig.deps.inventory.records();
    return records.filter(
      ({ credentialId, version }) => [...TOKENS, PROTECTED].includes(credentialId) && version === 1,
    );
  }

  async function viewOf(id: string) {
    return incident(temporal.client, incidentId(id, 1))
      .state()
      .catch(() => undefined);
  }

  async function publishTheft({ subject, credentialId }: InventoryRecord): Promise<void> {
    const at = Date.now();
    const use: StreamEvent = {
      kind: 'usage',
      id: `theft-of-${credentialId}`,
      at,
      subject,
      source: 'gateway',
      principalKind: 'workload',
      client: { address: '203.0.113.7', agent: 'curl/8.5.0' },
      action: { kind: 'read', name: 'GET /reports' },
      outcome: 'accepted',
    };
    const listed: StreamEvent = {
      kind: 'control',
      id: `leak-of-${credentialId}`,
      at: at - 1,
      subject,
      listed: 'leaked',
    };
    const batch: UsageBatch = { events: [listed, use] };
    await jetstream(rig.nats).publish(`usage.${partitionOf(subject, 4)}`, JSON.stringify(batch));
  }
});
