import { Context } from '@temporalio/activity';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { WorkflowFailedError } from '@temporalio/client';
import {
  detectionSignal,
  approveStepUpdate,
  retryStepUpdate,
  skipStepUpdate,
  acknowledgeUpdate,
  addNoteUpdate,
  stateQuery,
  type DetectionSignal,
  type IncidentView,
} from '../../workflows/messages';
import { DEFAULT_POLICY } from '../../domain/policy';
import { eventually } from '../support/eventually';
import {
  fakeActivities,
  loadSeparable,
  MEDIUM,
  SEPARABLE,
  refusal,
  sampleAssessment,
  sampleCredential,
  sampleInput,
  sampleVersion,
  withOverlap,
} from '../support/fake-activities';
import { APPROVED } from '../support/outcome-scenarios';
import { untilWaiting, withIncident, type LeakHandle } from '../support/run-incident';
import { timeSkippingEnvironment } from '../support/time-skipping-environment';

const PERSON = { actor: 'ana@example.com', note: 'mended' };

async function refusedAfterCheckout(calls: readonly string[]): Promise<never> {
  await eventually(
    () => calls,
    (made) => made.includes('moveDependent checkout'),
  );
  throw refusal('DEPENDENT_REFUSED');
}

const graver = (severity: 'high' | 'critical', families: ('origin' | 'travel' | 'volume')[]): DetectionSignal => ({
  latest: {
    id: `d-${severity}`,
    detector: 'rate-spike',
    family: 'volume',
    subject: sampleVersion().subjects[0]!,
    at: 2,
    severity,
    confidence: 0.9,
    deterministic: false,
    reason: 'a spike',
    eventIds: [],
  },
  assessment: sampleAssessment({ severity, families, reason: `a spike, ${severity}` }),
  count: 1,
});

describe('respondToLeak', () => {
  let environment: TestWorkflowEnvironment;

  beforeAll(async () => {
    environment = await timeSkippingEnvironment();
  });

  afterAll(async () => {
    await environment.teardown();
  });

  const state = (handle: LeakHandle): Promise<IncidentView> => handle.query(stateQuery);

  it('recovers: refuses, replaces, moves, revokes, proves, tells, in that order', async () => {
    const { activities, calls } = fakeActivities();

    const result = await withIncident(environment, activities, sampleInput(), (handle) => handle.result());

    expect(result.outcome).toBe('recovered');
    expect(result.view.incident.milestones).toEqual({
      contained: 1_700_000_000_100,
      replaced: 1_700_000_000_200,
      moved: 1_700_000_000_300,
      revoked: 1_700_000_000_400,
      verified: 1_700_000_000_500,
      notified: 1_700_000_000_600,
      closed: 1_700_000_000_700,
    });
    expect(result.view.audiencesNotified).toEqual(['engineering', 'product', 'security']);
    expect(result.view.replacement).toBe(2);
    const order = [
      'containVersion',
      'createReplacement',
      'moveDependent checkout',
      'revokeVersion',
      'verifyDead',
      'notifyAudience security resolved',
      'closeAudit',
    ];
    expect(calls.filter((call) => order.includes(call))).toEqual(order);
    expect(calls).not.toContain('discardReplacement');
  });

  it('waits for the gateways where they enforce, and names those that are behind or missing without waiting for them', async () => {
    const credential = SEPARABLE;
    const { activities } = fakeActivities({
      loadCredential: () => Promise.resolve({ credential, version: sampleVersion() }),
      confirmInForce: () =>
        Promise.resolve({
          at: 1_700_000_000_160,
          gateways: ['gateway-1'],
          behind: ['gateway-2'],
          missing: ['gateway-3', 'gateway-4'],
        }),
    });

    const { view } = await withIncident(environment, activities, sampleInput(), (handle) => handle.result());

    expect(view.plan?.strategy).toBe('separable');
    expect(view.incident.milestones.contained).toBe(1_700_000_000_160);
    expect(view.incident.timeline.map(({ note }) => note).join('\n')).toContain(
      'refused at gateway-1; NOT yet at gateway-2; missing, so NOT known: gateway-3, gateway-4: ',
    );
  });

  it('asks a person when the provider refuses our admin credential, and goes on when told to', async () => {
    let mended = false;
    const { activities, calls } = fakeActivities({
      containVersion: () =>
        mended
          ? Promise.resolve({ at: 1, revision: 1, evidence: 'done' })
          : Promise.reject(refusal('PROVIDER_ADMIN_DENIED')),
    });

    const result = await withIncident(environment, activities, sampleInput(), async (handle) => {
      const waiting = await untilWaiting(handle);
      expect(waiting.incident.waiting?.question).toContain('PROVIDER_ADMIN_DENIED');
      mended = true;
      await handle.executeUpdate(retryStepUpdate, { args: [PERSON] });
      return handle.result();
    });

    expect(result.outcome).toBe('recovered');
    expect(calls).toContain('notifyAudience security person-needed');
    expect(result.view.incident.timeline.map(({ note }) => note)).toContain('ana@example.com: try again. mended');
  });

  it('stops before the one-way door when the budget is spent, pages, and revokes when a person says so', async () => {
    const revocations: (string | undefined)[] = [];
    const { activities, calls } = fakeActivities({
      revokeVersion: ({ decidedBy }) => {
        revocations.push(decidedBy);
        return decidedBy === undefined
          ? Promise.reject(refusal('ACTION_BUDGET_SPENT'))
          : Promise.resolve({ at: 1_700_000_000_400, evidence: 'verifier erased' });
      },
    });
    const result = await withIncident(environment, activities, sampleInput(), async (handle) => {
      const waiting = await untilWaiting(handle);
      expect(waiting.incident.waiting).toMatchObject({ resume: 'moved' });
      expect(waiting.incident.waiting?.question).toContain('ACTION_BUDGET_SPENT');
      expect([waiting.replacement, waiting.incident.milestones.revoked]).toEqual([2, undefined]);
      await handle.executeUpdate(approveStepUpdate, { args: [{ ...PERSON, approval: 'header.payload.signature' }] });
      return handle.result();
    });

    expect(result.outcome).toBe('recovered');
    expect(calls).toContain('notifyAudience security person-needed');
    expect(revocations).toEqual([undefined, PERSON.actor]);
    expect(calls).not.toContain('discardReplacement');
  });

  it('contains and tells, then hands over where no provider is configured, and claims nothing else', async () => {
    const { activities, calls } = fakeActivities({
      loadCredential: () =>
        Promise.resolve({ credential: sampleCredential(), version: sampleVersion(), hasProvider: false }),
    });

    const result = await withIncident(environment, activities, sampleInput(), async (handle) => {
      const waiting = await untilWaiting(handle);
      expect(waiting.incident.waiting?.question).toContain('Left to you: disable it at postgres-role');
      expect(waiting.plan).toMatchObject({ quarantine: { enforcedBy: 'gateway' }, revoke: 'ask' });
      await handle.executeUpdate(approveStepUpdate, { args: [PERSON] });
      return handle.result();
    });

    expect(result.outcome).toBe('contained-and-handed-over');
    expect(Object.keys(result.view.incident.milestones).sort()).toEqual(['closed', 'contained']);
    expect(calls).toEqual(
      expect.arrayContaining(['containVersion', 'confirmInForce', 'notifyAudience product contained']),
    );
    for (const never of ['createReplacement', 'revokeVersion', 'verifyDead']) expect(calls).not.toContain(never);
    expect(calls.join()).not.toContain('resolved');
  });

  it('undoes a rotation that fails, newest step first, and asks a person; the containment stays', async () => {
    let broken = true;
    const { activities, calls } = fakeActivities({
      loadCredential: loadSeparable,
      moveDependent: ({ dependentId }) =>
        broken && dependentId === 'checkout'
          ? Promise.reject(refusal('DEPENDENT_REFUSED'))
          : Promise.resolve({ at: 5, detail: 'moved' }),
    });
    // At medium the plan never goes on without a dependent.
    const input = sampleInput({ assessment: sampleAssessment({ severity: 'medium', deterministic: true }) });

    const result = await withIncident(environment, activities, input, async (handle) => {
      const waiting = await untilWaiting(handle);
      expect(waiting.incident.milestones.contained).toBeDefined();
      expect(calls.filter((call) => /^(restore|discard)/.test(call))).toEqual([
        'restoreDependent checkout',
        'restoreDependent billing',
        'discardReplacement',
      ]);
      expect(calls).not.toContain('revokeVersion');
      broken = false;
      await handle.executeUpdate(retryStepUpdate, { args: [PERSON] });
      return handle.result();
    });

    expect(result.outcome).toBe('recovered');
  });

  it('sends nobody back to what is refused to everybody: the next try goes on with the replacement', async () => {
    let broken = true;
    let newer: number | undefined;
    const { activities, calls } = fakeActivities({
      loadCredential: () =>
        Promise.resolve({
          credential: sampleCredential(),
          version: sampleVersion(),
          ...(newer === undefined ? {} : { newer }),
        }),
      containVersion: () => Promise.resolve({ at: 1, revision: 7, laneUntil: 0, evidence: 'refused to everybody' }),
      findLaneEnd: () => Promise.resolve({}),
      createReplacement: () => Promise.resolve({ at: 2, version: (newer = 2), publicId: 'orders_v2' }),
      moveDependent: ({ dependentId }) =>
        broken && dependentId === 'billing' ? refusedAfterCheckout(calls) : Promise.resolve({ at: 5, detail: 'moved' }),
    });

    const { outcome } = await withIncident(environment, activities, MEDIUM, async (handle) => {
      await untilWaiting(handle);
      await handle.executeUpdate(approveStepUpdate, { args: [PERSON] });
      await eventually(
        () => handle.query(stateQuery),
        ({ incident }) => incident.waiting?.question.includes('Version 2 is kept, in use by checkout') === true,
      );
      broken = false;
      await handle.executeUpdate(retryStepUpdate, { args: [PERSON] });
      return handle.result();
    });

    expect(outcome).toBe('recovered');
    expect(calls.filter((call) => /^(create|restore|discard)/.test(call))).toEqual(['createReplacement']);
  });

  it('names in its last page the replacement that is kept, and who has none', async () => {
    const told: string[] = [];
    const { activities, calls } = fakeActivities({
      containVersion: () => Promise.resolve({ at: 1, revision: 7, laneUntil: 0, evidence: 'refused to everybody' }),
      moveDependent: ({ dependentId }) =>
        dependentId === 'billing' ? refusedAfterCheckout(calls) : Promise.resolve({ at: 5, detail: 'moved' }),
      notifyAudience: ({ notice }) => {
        if (notice.kind === 'unresolved') told.push(notice.summary);
        return Promise.resolve({ at: 6, channels: 1 });
      },
    });

    const { outcome } = await withIncident(environment, activities, MEDIUM, async (handle) => {
      await untilWaiting(handle);
      await handle.executeUpdate(approveStepUpdate, { args: [PERSON] });
      await eventually(
        () => handle.query(stateQuery),
        ({ incident }) => incident.waiting?.kind === 'failed-step',
      );
      await handle.executeUpdate(skipStepUpdate, { args: [APPROVED] });
      return handle.result();
    });

    expect(outcome).toBe('contained-waiting-for-person');
    expect(told[0]).toContain('no replacement that works: billing. Version 2 is kept, in use by checkout.');
  });

  it('reports an undo that fails, by name', async () => {
    const { activities } = fakeActivities({
      loadCredential: loadSeparable,
      moveDependent: () => Promise.reject(refusal('DEPENDENT_REFUSED')),
      discardReplacement: () => Promise.reject(refusal('PROVIDER_ADMIN_DENIED')),
    });
    const input = sampleInput({ assessment: sampleAssessment({ severity: 'medium', deterministic: true }) });

    const question = await withIncident(environment, activities, input, async (handle) => {
      const waiting = await untilWaiting(handle);
      await handle.terminate();
      return waiting.incident.waiting?.question;
    });

    expect(question).toContain('Not undone: discard the replacement');
  });

  it('mints another value once when the first is rejected', async () => {
    let attempts = 0;
    const keys: string[] = [];
    const { activities } = fakeActivities({
      createReplacement: ({ stepKey }) => {
        keys.push(stepKey);
        return ++attempts === 1
          ? Promise.reject(refusal('REPLACEMENT_REJECTED', false))
          : Promise.resolve({ at: 3, version: 3, publicId: 'orders_v3' });
      },
    });

    const result = await withIncident(environment, activities, sampleInput(), (handle) => handle.result());

    expect(result.view.replacement).toBe(3);
    expect(new Set(keys).size).toBe(2);
  });

  it('asks before it revokes on one kind of evidence alone', async () => {
    const { activities, calls } = fakeActivities();
    const input = sampleInput({ assessment: sampleAssessment({ families: ['origin'] }) });

    const result = await withIncident(environment, activities, input, async (handle) => {
      await untilWaiting(handle);
      expect(calls).not.toContain('revokeVersion');
      await handle.executeUpdate(approveStepUpdate, { args: [PERSON] });
      return handle.result();
    });

    expect(result.outcome).toBe('recovered');
  });

  it('never closes when it could not tell whether the version is dead', async () => {
    const { activities, calls } = fakeActivities({
      verifyDead: () => Promise.reject(refusal('COULD_NOT_TELL')),
    });

    const view = await withIncident(environment, activities, sampleInput(), async (handle) => {
      const waiting = await untilWaiting(handle);
      await handle.terminate();
      return waiting;
    });

    expect(view.incident.waiting?.question).toContain('COULD_NOT_TELL');
    expect(view.incident.outcome).toBeUndefined();
    expect(calls).not.toContain('closeAudit');
  });

  it('undoes the rotation when it is cancelled, and leaves the containment', async () => {
    const { activities, calls } = fakeActivities({ moveDependent: () => Context.current().cancelled });

    await withIncident(environment, activities, sampleInput(), async (handle) => {
      await eventually(
        () => calls,
        (made) => made.includes('moveDependent billing') && made.includes('moveDependent checkout'),
      );
      await handle.cancel();
      await expect(handle.result()).rejects.toBeInstanceOf(WorkflowFailedError);
      await eventually(
        () => calls,
        (made) => made.includes('discardReplacement'),
      );
    });

    expect(calls.filter((call) => /^(restore|discard)/.test(call))).toEqual([
      'restoreDependent billing',
      'restoreDependent checkout',
      'discardReplacement',
    ]);
    expect(calls).not.toContain('revokeVersion');
  });

  it('takes in more evidence at any stage: severity rises, never falls', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const { activities } = fakeActivities({
      createReplacement: () => held.then(() => ({ at: 3, version: 2, publicId: 'orders_v2' })),
    });
    const signal = (severity: 'critical' | 'low', count: number) => ({
      latest: {
        id: `d-${severity}`,
        detector: 'rate-spike',
        family: 'volume' as const,
        subject: sampleVersion().subjects[0]!,
        at: 2,
        severity,
        confidence: 0.9,
        deterministic: false,
        reason: 'a spike',
        eventIds: [],
      },
      assessment: sampleAssessment({ severity, families: ['volume'], reason: `a spike, ${severity}` }),
      count,
    });

    const result = await withIncident(environment, activities, sampleInput(), async (handle) => {
      await handle.signal(detectionSignal, signal('critical', 4));
      await handle.signal(detectionSignal, signal('low', 2));
      await eventually(
        () => state(handle),
        (view) => view.incident.detections === 6,
      );
      release();
      return handle.result();
    });

    expect(result.view.incident.evidence).toMatchObject({
      severity: 'critical',
      reason: 'a spike, critical',
      families: ['origin', 'volume', 'workload'],
    });
  });

  it('closes although one audience can not be told, and says so', async () => {
    const { activities } = fakeActivities({
      notifyAudience: ({ audience }) =>
        audience === 'product' ? Promise.reject(refusal('NOTIFIER_UNKNOWN')) : Promise.resolve({ at: 6, channels: 1 }),
    });

    const result = await withIncident(environment, activities, sampleInput(), (handle) => handle.result());

    expect(result.outcome).toBe('recovered');
    expect(result.view.audiencesNotified).toEqual(['engineering', 'security']);
    expect(result.view.incident.timeline.map(({ note }) => note).join('\n')).toContain('product could NOT be told');
  });

  it('reminds while nobody acknowledges, then is quiet', async () => {
    let reminders = 0;
    const { activities } = fakeActivities({
      revokeVersion: () => Promise.reject(refusal('PROVIDER_REFUSED')),
      notifyAudience: ({ notice, audience }) => {
        if (notice.kind === 'person-needed' && audience === 'security') reminders += 1;
        return Promise.resolve({ at: 6, channels: 1 });
      },
    });
    // In real time: only a client that waits for a result lets this server skip.
    const policy = { ...DEFAULT_POLICY, escalateEverySeconds: 1 };

    await withIncident(environment, activities, sampleInput({}, policy), async (handle) => {
      await untilWaiting(handle);
      await eventually(
        () => reminders,
        (count) => count >= 3,
      );
      await handle.executeUpdate(acknowledgeUpdate, { args: [PERSON] });
      const before = reminders;
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      expect(before).toBeGreaterThanOrEqual(3);
      expect(reminders).toBe(before);
      await handle.terminate();
    });
  });

  it('refuses an update without an actor, a retry that nobody asked for, and takes notes', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const { activities } = fakeActivities({
      createReplacement: () => held.then(() => ({ at: 3, version: 2, publicId: 'orders_v2' })),
    });

    await withIncident(environment, activities, sampleInput(), async (handle) => {
      await expect(handle.executeUpdate(addNoteUpdate, { args: [{ actor: ' ', note: 'x' }] })).rejects.toThrow();
      await expect(handle.executeUpdate(retryStepUpdate, { args: [PERSON] })).rejects.toThrow();
      await expect(handle.executeUpdate(addNoteUpdate, { args: [PERSON] })).resolves.toBe('noted');
      release();
      const { view } = await handle.result();
      expect(view.incident.timeline.map(({ note }) => note)).toContain('ana@example.com: mended');
    });
  });

  it('does not contain a break-glass credential before a person says so', async () => {
    const { activities, calls } = fakeActivities({
      loadCredential: () =>
        Promise.resolve({ credential: sampleCredential({ protection: 'break-glass' }), version: sampleVersion() }),
    });

    await withIncident(environment, activities, sampleInput(), async (handle) => {
      const waiting = await untilWaiting(handle);
      expect(waiting.incident.waiting?.question).toContain('break-glass');
      expect(calls).not.toContain('containVersion');
      await handle.executeUpdate(approveStepUpdate, { args: [PERSON] });
      expect((await handle.result()).outcome).toBe('recovered');
    });
  });

  it('asks before it refuses what nobody abused and nobody could be told apart in, until abuse is seen', async () => {
    const { activities, calls } = fakeActivities();
    const weak = sampleInput({ assessment: sampleAssessment({ severity: 'medium', families: ['origin'] }) });

    const result = await withIncident(environment, activities, weak, async (handle) => {
      await untilWaiting(handle);
      expect(calls).not.toContain('containVersion');
      await handle.signal(detectionSignal, graver('high', ['origin', 'travel']));
      return handle.result();
    });

    expect(result.outcome).toBe('recovered');
  });

  it('pages each question of its own, and audits who answered', async () => {
    const keys: string[] = [];
    const decisions: string[] = [];
    let failures = 2;
    const { activities } = fakeActivities({
      revokeVersion: () =>
        failures-- > 0 ? Promise.reject(refusal('PROVIDER_REFUSED')) : Promise.resolve({ at: 4, evidence: 'erased' }),
      notifyAudience: ({ stepKey, notice }) => {
        if (notice.kind === 'person-needed') keys.push(stepKey);
        return Promise.resolve({ at: 6, channels: 1 });
      },
      recordDecision: ({ actor, decision, stepKey }) => {
        decisions.push(`${actor} ${decision} ${stepKey.split('/').at(-1)}`);
        return Promise.resolve();
      },
    });

    await withIncident(environment, activities, sampleInput(), async (handle) => {
      for (let question = 1; question <= 2; question++) {
        await untilWaiting(handle);
        await handle.executeUpdate(retryStepUpdate, { args: [PERSON] });
        if (question === 1)
          await eventually(
            () => keys.length,
            (count) => count === 6,
          );
      }
      return handle.result();
    });

    expect(new Set(keys).size).toBe(6);
    expect(decisions).toEqual(['ana@example.com go-on decision.1', 'ana@example.com go-on decision.2']);
  });

  it('asks a dependent that refuses again until the deadline, and tells', async () => {
    let refusals = 1;
    const { activities } = fakeActivities({
      moveDependent: ({ dependentId }) =>
        dependentId === 'billing' && refusals-- > 0
          ? Promise.reject(refusal('DEPENDENT_REFUSED'))
          : Promise.resolve({ at: 5, detail: 'moved' }),
    });

    const { view } = await withIncident(environment, activities, sampleInput({}, withOverlap(900)), (handle) =>
      handle.result(),
    );

    const notes = view.incident.timeline.map(({ note }) => note).join('\n');
    expect(notes).toContain('billing has not moved: DEPENDENT_REFUSED');
    expect(notes).toContain('checkout, billing moved to version 2');
    expect(notes).not.toContain('NOT moved in time');
  });

  it('drops signals of no known shape, and lets none forge its state', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const { activities } = fakeActivities({
      createReplacement: () => held.then(() => ({ at: 3, version: 2, publicId: 'orders_v2' })),
    });

    const result = await withIncident(environment, activities, sampleInput(), async (handle) => {
      await handle.signal('detection', null);
      await handle.signal('detection', { assessment: {} });
      await handle.signal('progress', { type: 'closed', at: 1, note: 'forged', outcome: 'false-positive-restored' });
      await handle.signal('progress', 'nonsense');
      await eventually(
        () => state(handle),
        (view) => view.incident.timeline.filter(({ note }) => note.includes('was dropped')).length === 4,
      );
      release();
      return handle.result();
    });

    expect(result.outcome).toBe('recovered');
    expect(result.view.incident.outcome).toBe('recovered');
  });

  it('waits for a slow gateway by itself: the worker’s heartbeat keeps the step alive', async () => {
    const { activities, calls } = fakeActivities({
      loadCredential: loadSeparable,
      confirmInForce: () =>
        new Promise((resolve) => setTimeout(() => resolve({ at: 1, gateways: [], behind: ['slow'] }), 5_500)),
    });

    const result = await withIncident(environment, activities, sampleInput(), (handle) => handle.result());

    expect(result.outcome).toBe('recovered');
    expect(calls.filter((call) => call === 'confirmInForce')).toHaveLength(1);
  });

  it('fails with a typed error for a credential nobody registered', async () => {
    const { activities } = fakeActivities({ loadCredential: () => Promise.reject(refusal('CREDENTIAL_UNKNOWN')) });

    const failure = await withIncident(environment, activities, sampleInput(), (handle) =>
      handle.result().catch((error: unknown) => error),
    );

    expect(failure).toBeInstanceOf(WorkflowFailedError);
    expect((failure as WorkflowFailedError).cause).toMatchObject({ type: 'CREDENTIAL_UNKNOWN' });
  });
});
