import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { fetch } from 'undici';
import { createActivities, type Activities } from '../../activities';
import type { ContainInput } from '../../activities/containment';
import type { ActivityDeps } from '../../activities/deps';
import { createAuditLog } from '../../activities/store/audit-log';
import type { DetectionMessage } from '../../domain/detection';
import type { DenylistEntry } from '../../domain/denylist';
import { DEFAULT_POLICY } from '../../domain/policy';
import { planResponse } from '../../domain/response-plan';
import type { Severity } from '../../domain/severity';
import { parseMaterial } from '../../domain/secret-material';
import { startRig, type Rig } from '../../drills/rig';
import { openBucket } from '../../enforcement/buckets';
import { mirrorInventory } from '../../enforcement/inventory-kv';
import { parseConfig } from '../../workers/config';
import { holdEntry } from '../../workers/detection/write-hold';
import { startGateway, type RunningGateway } from '../../workers/gateway/start-gateway';
import { readKey } from '../../workers/keys';
import { sweepOnce } from '../../workers/response/sweep';
import { eventually } from '../support/eventually';
import { sampleAssessment } from '../support/fake-activities';
import { recordedLog } from '../support/recorded-log';
import { runActivity as run } from '../support/run-activity';

const log = pino({ level: 'silent' });
/** Longer than a gateway keeps what the issuer said. */
const CACHE_MS = 5_000;

/** The activities on a whole product, without the workflow that calls them. */
describe('lifting a containment', () => {
  let rig: Rig;
  let activities: Activities;
  let directory: string;
  let steps = 0;

  beforeAll(async () => {
    rig = await startRig();
    activities = createActivities(rig.deps);
    directory = await mkdtemp(join(tmpdir(), 'tourniquet-lift-'));
  });

  afterAll(async () => {
    await rig?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  const step = (credentialId: string, name: string) => ({
    incidentId: `incident/${credentialId}/1`,
    runId: 'run',
    credentialId,
    version: 1,
    stepKey: `${credentialId}/${name}/${steps++}`,
  });

  async function contain(credentialId: string, overrides: Partial<ContainInput> = {}) {
    const credential = await rig.deps.inventory.credential(credentialId);
    const plan = planResponse({ ...credential, knownContexts: [] }, sampleAssessment(), DEFAULT_POLICY);
    const input = { ...step(credentialId, 'contain'), plan, reason: 'it leaked', ...overrides };
    const contained = await run(activities.containVersion, input);
    await run(activities.recordContainment, { ...input, stepKey: `${input.stepKey}/record`, contained });
    return contained;
  }

  const liftInput = (credentialId: string) => ({
    ...step(credentialId, 'lift'),
    reason: 'it was our own test',
    actor: 'ana@example.com',
  });

  async function tokenOf(credentialId: string): Promise<string> {
    const { secret } = await rig.deps.inventory.version(credentialId, 1);
    return parseMaterial('api-token', await rig.deps.secrets.get(secret)).token;
  }

  async function statusAt(url: string, token: string): Promise<number> {
    const response = await fetch(`${url}/authorize`, { headers: { authorization: `Bearer ${token}` } });
    await response.body?.cancel();
    return response.status;
  }

  const until = (url: string, token: string, status: number) =>
    eventually(
      () => statusAt(url, token),
      (seen) => seen === status,
      CACHE_MS,
    );

  async function listed(credentialId: string): Promise<(DenylistEntry | undefined)[]> {
    const { subjects } = await rig.deps.inventory.version(credentialId, 1);
    return Promise.all(subjects.map(async (subject) => (await rig.deps.denylist.get(subject))?.entry));
  }

  async function projected(credentialId: string) {
    const mirror = await mirrorInventory(await openBucket(rig.nats, 'inventory'), () => undefined);
    const { subjects } = await rig.deps.inventory.version(credentialId, 1);
    mirror.stop();
    const record = subjects[0] && mirror.lookup(subjects[0]);
    if (!record) throw new Error(`${credentialId} is not projected`);
    return record;
  }

  async function startSecondGateway(): Promise<RunningGateway & { url: string; log: ReturnType<typeof recordedLog> }> {
    const recorded = recordedLog();
    const gateway = await startGateway(
      parseConfig('gateway', {
        ...rig.deployment.environmentOf('gateway'),
        TOURNIQUET_GATEWAY_ID: 'second',
        TOURNIQUET_GATEWAY_PORT: '0',
        TOURNIQUET_GATEWAY_SNAPSHOT_FILE: join(directory, 'second.json'),
      }),
      recorded.log,
    );
    const second = (await rig.deps.gateways.live()).find(({ gatewayId }) => gatewayId === 'second');
    return { ...gateway, url: (second?.authorizeUrl ?? '').replace(/\/authorize$/, ''), log: recorded };
  }

  it('lets it through again everywhere, and nothing older refuses it; what is newer does', async () => {
    const id = 'lifted-token';
    await rig.addCredential(id, 'api-token');
    const token = await tokenOf(id);
    const url = rig.deployment.gatewayUrl;
    const abuse = Date.now();
    // A gateway that has the refusal in its snapshot, and is away while it is lifted.
    const before = await startSecondGateway();
    await contain(id);
    expect([await until(url, token, 401), await until(before.url, token, 401)]).toEqual([401, 401]);
    await before.stop();

    const input = liftInput(id);
    const decidedAt = Date.now();
    const lifted = await run(activities.liftContainment, input, decidedAt);

    expect(await until(url, token, 200)).toBe(200);
    expect(lifted.evidence).toMatch(/is active again; (\d+) of \1 subjects are refused no longer/);
    expect((await rig.deps.inventory.version(id, 1)).state).toBe('live');
    expect(await projected(id)).toMatchObject({ state: 'live', releases: 1 });

    // The sweep, a hold that is delivered again, an attempt that comes late, and the snapshot.
    await sweepOnce(rig.deps, log, Date.now());
    await redeliver(id, abuse);
    await expect(
      run(activities.containVersion, { ...step(id, 'contain'), plan: await planOf(id), reason: 'late' }, abuse),
    ).rejects.toMatchObject({ type: 'CONTAINMENT_LIFTED', nonRetryable: true });
    await run(activities.liftContainment, input, decidedAt);
    const after = await startSecondGateway();
    expect([await until(url, token, 200), await until(after.url, token, 200)]).toEqual([200, 200]);
    for (const entry of await listed(id)) expect(entry?.status).toBe('lifted');

    await contain(id, { reason: 'new evidence' });
    expect([await until(url, token, 401), await until(after.url, token, 401)]).toEqual([401, 401]);
    expect(await projected(id)).toMatchObject({ state: 'quarantined', releases: 1 });

    // The same lift once more, as after a crash: it was carried out, and says nothing about the newer refusal.
    const again = await run(activities.liftContainment, input, decidedAt);
    expect(again.evidence).toContain('refused again since');
    expect(await until(after.url, token, 401)).toBe(401);
    expect((await rig.deps.inventory.version(id, 1)).state).toBe('quarantined');
    await after.stop();
  });

  it('has what was known forgotten, which is kept for as long as it is refused', async () => {
    const id = 'known-token';
    await rig.addCredential(id, 'api-token');
    const knowing = (severity: Severity) => ({ known: { evidence: sampleAssessment({ severity }) } });
    const kept = async () =>
      (await run(activities.loadCredential, step(id, 'look'))).version.knownAgainst?.evidence.severity;
    const record = async (severity: Severity, at: number, more: Partial<ContainInput> = {}) => {
      const input = { ...step(id, 'record'), plan: await planOf(id), reason: 'r', ...knowing(severity), ...more };
      const contained = { at, revision: 1, evidence: 'refused' };
      await run(activities.recordContainment, { ...input, contained }, at);
      return kept();
    };
    const close = async (severity: Severity) => {
      const closing = { ...step(id, 'close'), outcome: 'contained-waiting-for-person', summary: 's' };
      await run(activities.closeAudit, { ...closing, ...knowing(severity) });
      return kept();
    };
    const now = Date.now();

    const beforeItIsRefused = await close('low');
    const seen = [
      await record('high', now),
      await record('medium', now - 1),
      await record('critical', now + 1, { simulated: true }),
      await close('critical'),
    ];
    await run(activities.liftContainment, liftInput(id));

    expect([beforeItIsRefused, seen]).toEqual([undefined, ['high', 'high', 'high', 'critical']]);
    expect([await kept(), await close('low')]).toEqual([undefined, undefined]);
  });

  it('gives a database role its login back, and takes it away again', async () => {
    const id = 'lifted-role';
    await rig.addCredential(id);
    const version = await rig.deps.inventory.version(id, 1);
    const credential = await rig.deps.inventory.credential(id);
    const works = () =>
      rig.deps.providers
        .get('postgres-role')
        ?.test(credential, version, {
          idempotencyKey: id,
          signal: AbortSignal.timeout(5_000),
          heartbeat: () => undefined,
        })
        .then(
          () => true,
          () => false,
        );
    await contain(id);
    const contained = await works();

    await run(activities.liftContainment, liftInput(id));
    const lifted = await works();
    await contain(id);

    expect([contained, lifted, await works()]).toEqual([false, true, false]);
  });

  it('finishes what a crash interrupted, wherever it did, and is audited once', async () => {
    const id = 'interrupted';
    await rig.addCredential(id, 'api-token');
    const token = await tokenOf(id);
    await contain(id);
    const input = liftInput(id);
    const at = Date.now();
    const { deps } = rig;
    const crashes: Partial<ActivityDeps>[] = [
      { containments: failing(deps.containments, 'merge') },
      { containments: failing(deps.containments, 'lift') },
      { denylist: failing(deps.denylist, 'merge') },
      { inventory: failing(deps.inventory, 'release') },
      { projection: failing(deps.projection, 'write') },
      { checkpoint: () => Promise.reject(new Error('the worker died')) },
    ];

    for (const crash of crashes)
      await expect(run(createActivities({ ...deps, ...crash }).liftContainment, input, at)).rejects.toThrow();
    const { liftedAt = 0 } = await deps.inventory.version(id, 1);
    await run(activities.liftContainment, input, at);

    // Known before it was done: a watch must not take what works since then for drift.
    expect(Math.abs(liftedAt - at)).toBeLessThan(60_000);

    expect(await until(rig.deployment.gatewayUrl, token, 200)).toBe(200);
    const audit = createAuditLog(rig.database, readKey(rig.deployment.keys.audit));
    const entries = (await audit.entriesOf(input.incidentId)).filter(
      ({ event }) => event.action === 'lift-containment',
    );
    expect(entries.map(({ event }) => [event.phase, event.actor, event.detail['reason']])).toEqual([
      ['intent', 'ana@example.com', 'it was our own test'],
      ['outcome', 'ana@example.com', 'it was our own test'],
    ]);
    expect(await rig.checkAudit()).toMatchObject({ ok: true });
  });

  it('refuses what is revoked', async () => {
    const id = 'revoked-token';
    await rig.addCredential(id, 'api-token');
    await contain(id);
    await run(activities.revokeVersion, { ...step(id, 'revoke'), reason: 'it leaked' });

    const lift = run(activities.liftContainment, liftInput(id));

    await expect(lift).rejects.toMatchObject({ type: 'CONTAINMENT_FINAL', nonRetryable: true });
    expect(await statusAt(rig.deployment.gatewayUrl, await tokenOf(id))).toBe(401);
  });

  async function planOf(id: string) {
    const credential = await rig.deps.inventory.credential(id);
    return planResponse({ ...credential, knownContexts: [] }, sampleAssessment(), DEFAULT_POLICY);
  }

  /** What the detection side does with an event of that time, whenever it comes. */
  async function redeliver(id: string, at: number): Promise<void> {
    const record = await projected(id);
    const { subjects } = await rig.deps.inventory.version(id, 1);
    for (const subject of subjects) {
      const message = { detection: { subject, at }, assessment: sampleAssessment() } as unknown as DetectionMessage;
      await rig.deps.denylist.tighten(holdEntry(message, { ...record, knownContexts: [] }, DEFAULT_POLICY, Date.now()));
    }
  }
});

/** A part whose `method` takes effect and then fails, as a crash right after it looks to the next attempt. */
function failing<T extends object>(part: T, method: string & keyof T): T {
  return new Proxy(part, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function' || name !== method) return member;
      return async (...args: unknown[]) => {
        await (member as (...given: unknown[]) => Promise<unknown>).apply(target, args);
        throw new Error('the worker died');
      };
    },
  });
}
