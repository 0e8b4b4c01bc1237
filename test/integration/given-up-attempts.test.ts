import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Activities } from '../../activities';
import { parseIncidentId } from '../../domain/credential';
import { rotateCredential } from '../../workflows';
import {
  approveStepUpdate,
  detectionSignal,
  extendOverlapUpdate,
  markFalsePositiveUpdate,
  stateQuery,
} from '../../workflows/messages';
import { eventually } from '../support/eventually';
import {
  fakeActivities,
  loadInWaves,
  loadSeparable,
  MEDIUM,
  refusal,
  sampleAssessment,
  sampleCredential,
  sampleInput,
  sampleRotation,
  sampleVersion,
  withOverlap,
} from '../support/fake-activities';
import { realServerEnvironment } from '../support/real-server-environment';
import {
  APPROVED,
  endsAsItSays,
  extendByTwo,
  OUTCOME_SCENARIOS,
  steeredActivities,
} from '../support/outcome-scenarios';
import { gateThatOpensWithMoreTime } from '../support/patched-scenarios';
import {
  gate,
  notesOf,
  refusalOf,
  untilStage,
  untilWaiting,
  withIncident,
  type LeakHandle,
} from '../support/run-incident';
import { CRITICAL_SIGNAL } from '../support/recorded-scenarios';
import { testWorker } from '../support/test-worker';

/**
 * What test/workflows has of everything else, for paths on which an attempt or a timer is given up that may just have ended: the server that
 * skips time is then stuck (temporalio/sdk-java#2391), Temporal's own is not.
 */
let environment: TestWorkflowEnvironment;

beforeAll(async () => {
  environment = await realServerEnvironment();
});

afterAll(async () => {
  await environment.teardown();
});

describe('every outcome', () => {
  it.each(OUTCOME_SCENARIOS.filter(({ givesUpAttempts }) => givesUpAttempts))('$outcome: $name', (scenario) =>
    endsAsItSays(environment, scenario),
  );
});

it('asks the gate anew after people gave more time: nothing passes unseen', async () => {
  const { activities, calls } = gateThatOpensWithMoreTime();

  const { outcome, view } = await withIncident(
    environment,
    activities,
    sampleInput({}, withOverlap(600)),
    async (handle) => {
      await eventually(
        () => calls,
        (made) => made.includes('checkWave'),
      );
      await extendByTwo(handle);
      return handle.result();
    },
  );

  expect(outcome).toBe('recovered');
  expect(notesOf(view)).toContain('wave 1 passed its gate');
  expect(calls.lastIndexOf('checkWave')).toBeGreaterThan(calls.indexOf('extendLane'));
});

it('revokes at the deadline even if a dependent has not moved, and pages', async () => {
  const { activities, calls } = fakeActivities({
    moveDependent: ({ dependentId }) =>
      dependentId === 'billing'
        ? Promise.reject(refusal('DEPENDENT_NOT_MOVED', false))
        : Promise.resolve({ at: 5, detail: 'moved' }),
  });

  // The deadline of an activity: long enough for the other one on a busy machine.
  const result = await withIncident(environment, activities, sampleInput({}, withOverlap(5)), (handle) =>
    handle.result(),
  );

  expect(result.outcome).toBe('recovered');
  expect(notesOf(result.view)).toContain('NOT moved in time: billing');
  expect(calls).toContain('notifyAudience engineering person-needed');
  expect(calls).not.toContain('restoreDependent billing');
});

it('tells people while the inventory can not be read that nothing is contained, and goes on when it can', async () => {
  let [tries, canBeRead] = [0, false];
  const { activities, calls } = fakeActivities({
    loadCredential: (input) => {
      tries += 1;
      return canBeRead ? fakeActivities().activities.loadCredential(input) : Promise.reject(refusal('INTERNAL', false));
    },
  });

  const { outcome } = await withIncident(environment, activities, sampleInput(), async (handle) => {
    await eventually(
      () => calls,
      (made) => made.includes('notifyAudience security person-needed'),
    );
    expect(calls).not.toContain('containVersion');
    const before = tries;
    await eventually(
      () => tries,
      (now) => now > before,
    );
    canBeRead = true;
    return handle.result();
  });

  expect(outcome).toBe('recovered');
});

it('tells of a cancellation while the inventory can not be read', async () => {
  const { activities, calls } = fakeActivities({
    loadCredential: () => Promise.reject(refusal('INTERNAL', false)),
  });

  await withIncident(environment, activities, sampleInput(), async (handle) => {
    await eventually(
      () => calls,
      (made) => made.includes('notifyAudience security person-needed'),
    );
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow();
  });

  expect(calls).toContain('notifyAudience security unresolved');
});

it('waits until the rotation of an earlier run has undone itself: two at once would undo one another', async () => {
  const [begun, undone] = [gate(), gate()];
  const earlier = fakeActivities({
    createReplacement: () => Promise.reject(refusal('PROVIDER_REFUSED')),
    discardReplacement: () => undone.opened,
  });
  const { activities, calls } = fakeActivities({
    loadCredential: loadSeparable,
    confirmInForce: () => begun.opened.then(() => ({ at: 1, gateways: ['gateway'], behind: [] })),
  });
  const { worker, taskQueue } = await testWorker(environment, earlier.activities);

  const { outcome, view } = await worker.runUntil(() =>
    withIncident(environment, activities, sampleInput(), async (handle) => {
      const credentialId = parseIncidentId(handle.workflowId)?.credentialId ?? '';
      const old = await environment.client.workflow.start(rotateCredential, {
        workflowId: `rotate/${credentialId}/1`,
        taskQueue,
        args: [sampleRotation({ credentialId })],
      });
      await eventually(
        () => earlier.calls,
        (made) => made.includes('discardReplacement'),
      );
      begun.open();
      await eventually(
        async () => notesOf(await handle.query(stateQuery)),
        (notes) => notes.includes('an earlier rotation still undoes itself'),
      );
      expect(calls).not.toContain('createReplacement');
      undone.open();
      await old.result().catch(() => undefined);
      return handle.result();
    }),
  );

  expect(outcome).toBe('recovered');
  expect(notesOf(view)).not.toContain('rolled back');
});

it('extends the time of dependents when two different people approve the same, at high', async () => {
  const { activities, calls } = steeredActivities();

  const result = await withIncident(environment, activities, sampleInput(), async (handle) => {
    await untilStage(handle, 'replaced');
    const extend = (actor: string, seconds: number) =>
      handle.executeUpdate(extendOverlapUpdate, { args: [{ ...APPROVED, actor, seconds }] });

    expect(await extend('ana@example.com', 60)).toContain('1 of 2 people');
    expect(await extend('ana@example.com', 60)).toContain('1 of 2 people');
    expect(await extend('bo@example.com', 90)).toContain('1 of 2 people');
    expect(calls).not.toContain('extendLane');
    expect(await extend('bo@example.com', 60)).toBe('dependents have 60 s more');
    return handle.result();
  });

  expect(result.outcome).toBe('recovered');
  expect(calls.filter((call) => call === 'extendLane')).toHaveLength(1);
  expect(result.view.incident.timeline.map(({ note }) => note)).toContain(
    'ana@example.com and bo@example.com gave dependents 60 s more',
  );
});

it('counts no time that the lane could not be given', async () => {
  const steered = steeredActivities();
  const asked: string[] = [];
  const activities: typeof steered.activities = {
    ...steered.activities,
    extendLane: (input) => {
      asked.push(input.stepKey.split('/').at(-1) ?? '');
      return asked.length === 1 ? Promise.reject(refusal('PROVIDER_REFUSED')) : steered.activities.extendLane(input);
    },
  };

  await withIncident(environment, activities, sampleInput(), async (handle) => {
    await untilStage(handle, 'replaced');
    const extend = async (): Promise<string> => {
      await handle.executeUpdate(extendOverlapUpdate, {
        args: [{ ...APPROVED, actor: 'ana@example.com', seconds: 60 }],
      });
      return handle.executeUpdate(extendOverlapUpdate, {
        args: [{ ...APPROVED, actor: 'bo@example.com', seconds: 60 }],
      });
    };

    expect(await refusalOf(extend())).toContain('PROVIDER_REFUSED');
    expect(await extend()).toBe('dependents have 60 s more');
    return handle.result();
  });

  expect(asked).toEqual(['extend.1.0.by.60', 'extend.1.0.by.60']);
});

it('changes its plan when graver evidence comes: a narrower refusal at once, and no question any more', async () => {
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const refused: { mode: string; overlap: number }[] = [];
  const { activities } = fakeActivities({
    loadCredential: loadSeparable,
    containVersion: ({ plan }) => {
      refused.push({ mode: plan.quarantine.mode, overlap: plan.overlapSeconds });
      return Promise.resolve({ at: 1, revision: 7, evidence: 'refused' });
    },
    createReplacement: () => held.then(() => ({ at: 3, version: 2, publicId: 'orders_v2' })),
  });
  const weak = sampleInput({ assessment: sampleAssessment({ severity: 'medium', families: ['origin'] }) });

  const result = await withIncident(environment, activities, weak, async (handle) => {
    await eventually(
      () => handle.query(stateQuery),
      (view) => view.incident.milestones.contained !== undefined,
    );
    await handle.signal(detectionSignal, CRITICAL_SIGNAL);
    await eventually(
      () => refused.length,
      (count) => count === 2,
    );
    release();
    return handle.result();
  });

  expect(result.outcome).toBe('recovered');
  expect(refused).toEqual([
    { mode: 'known-contexts-only', overlap: 14_400 },
    { mode: 'known-contexts-only', overlap: 60 },
  ]);
  expect(result.view.plan?.revoke).toBe('when-moved');
});

/** The severities by whose plan it was refused, in order. */
function refusalsWritten() {
  const written: string[] = [];
  const containVersion: Activities['containVersion'] = ({ plan }) => {
    written.push(plan.severity);
    return Promise.resolve({ at: Date.now(), revision: 7, evidence: 'listed' });
  };
  return { written, containVersion };
}

/** People give more time; while `held` is under way, graver evidence comes and is followed. `why` it was refused is known later. */
async function overtaken(
  handle: LeakHandle,
  held: string,
  { calls, written }: { readonly calls: readonly string[]; readonly written: readonly string[] },
): Promise<{ readonly why: Promise<string> }> {
  await untilStage(handle, 'replaced');
  const why = refusalOf(extendByTwo(handle));
  await eventually(
    () => calls,
    (made) => made.includes(held),
  );
  await handle.signal(detectionSignal, CRITICAL_SIGNAL);
  await eventually(
    () => written,
    (severities) => severities.includes('critical'),
  );
  return { why };
}

it.each([
  ['leaves', () => Promise.resolve({ at: 4, evidence: 'open for longer' }), 'it has become graver'],
  ['and that failed after its effect leaves', () => Promise.reject(refusal('INTERNAL')), 'INTERNAL'],
])('an extension that graver evidence overtook %s the lane as the graver plan wants it', async (_how, answer, why) => {
  const granted = gate();
  const { written, containVersion } = refusalsWritten();
  const { activities, calls } = fakeActivities({
    loadCredential: loadSeparable,
    containVersion,
    extendLane: () => granted.opened.then(answer),
    moveDependent: () => Promise.reject(refusal('DEPENDENT_NOT_MOVED', false)),
  });

  await withIncident(environment, activities, sampleInput({}, withOverlap(600)), async (handle) => {
    const refused = await overtaken(handle, 'extendLane', { calls, written });
    granted.open();

    expect(await refused.why).toContain(why);
    await handle.terminate();
  });

  expect(written).toEqual(['high', 'critical', 'critical']);
});

it('an extension is refused when graver evidence came while its approval was looked at', async () => {
  const looked = gate();
  const { written, containVersion } = refusalsWritten();
  const { activities, calls } = fakeActivities({
    loadCredential: loadSeparable,
    containVersion,
    useApproval: () => looked.opened.then(() => ({ approvalId: 'a-1' })),
    moveDependent: () => Promise.reject(refusal('DEPENDENT_NOT_MOVED', false)),
  });

  await withIncident(environment, activities, sampleInput({}, withOverlap(600)), async (handle) => {
    const refused = await overtaken(handle, 'useApproval', { calls, written });
    looked.open();

    expect(await refused.why).toContain('the severity is critical by now');
    await handle.terminate();
  });

  expect(calls).not.toContain('extendLane');
});

it('lifts only when what is refused besides, after graver evidence, has come to its end', async () => {
  const slow = gate();
  const order: string[] = [];
  const { activities, calls } = fakeActivities({
    loadCredential: loadSeparable,
    async containVersion({ plan }) {
      order.push(`asked ${plan.severity}`);
      if (plan.severity === 'critical') await slow.opened;
      order.push(plan.severity);
      return { at: Date.now(), revision: 7, evidence: 'refused' };
    },
    liftContainment: () => {
      order.push('lifted');
      return Promise.resolve({ at: 8, evidence: 'refused no longer' });
    },
    moveDependent: () => Promise.reject(refusal('DEPENDENT_NOT_MOVED', false)),
  });

  const { outcome } = await withIncident(environment, activities, sampleInput(), async (handle) => {
    await untilStage(handle, 'replaced');
    await handle.signal(detectionSignal, CRITICAL_SIGNAL);
    await eventually(
      () => order,
      (made) => made.includes('asked critical'),
    );
    await handle.executeUpdate(markFalsePositiveUpdate, { args: [APPROVED] });
    await eventually(
      () => calls,
      (made) => made.includes('discardReplacement'),
    );
    // Nothing else is left to wait for.
    await sleep(1_000);
    slow.open();
    return handle.result();
  });

  expect(outcome).toBe('false-positive-restored');
  expect(order).toEqual(['asked high', 'high', 'asked critical', 'critical', 'lifted']);
});

it('the refusal is narrowed during an exercise as well, before anybody could be told', async () => {
  const telling = gate();
  const { written, containVersion } = refusalsWritten();
  const { activities } = fakeActivities({
    loadCredential: loadSeparable,
    containVersion,
    notifyAudience: async ({ notice }) => {
      if (notice.kind === 'person-needed') await telling.opened;
      return { at: 6, channels: 1 };
    },
    moveDependent: () => Promise.reject(refusal('DEPENDENT_NOT_MOVED', false)),
  });

  await withIncident(environment, activities, sampleInput({ simulated: true }), async (handle) => {
    await untilStage(handle, 'replaced');
    await handle.signal(detectionSignal, CRITICAL_SIGNAL);
    const seen = await eventually(
      () => written,
      (severities) => severities.length > 1,
    );

    expect(seen).toEqual(['high', 'critical']);
    telling.open();
    await handle.terminate();
  });
});

it.each([
  ['reports', ['moveDependent reports'], ['restoreDependent reports', 'discardReplacement']],
  [
    'checkout',
    ['moveDependent reports', 'moveDependent checkout'],
    ['restoreDependent checkout', 'restoreDependent reports', 'discardReplacement'],
  ],
])(
  'waves stop where %s took the new version and does not work on it: that is not slow',
  async (broken, moved, undone) => {
    const { activities, calls } = fakeActivities({
      loadCredential: loadInWaves,
      moveDependent: ({ dependentId }) =>
        dependentId === broken
          ? Promise.reject(refusal('DEPENDENT_NOT_MOVED', false))
          : Promise.resolve({ at: 5, detail: 'moved' }),
      findBroken: () => Promise.resolve([broken]),
    });

    const notes = await withIncident(environment, activities, sampleInput({}, withOverlap(9)), async (handle) => {
      const view = await untilWaiting(handle);
      await handle.terminate();
      return notesOf(view);
    });

    expect([...new Set(calls.filter((call) => call.startsWith('move')))]).toEqual(moved);
    expect(calls.filter((call) => /^(restore|discard)/.test(call))).toEqual(undone);
    expect(notes).toContain(`${broken} took version 2, and a probe through it fails`);
  },
);

/** It is in no registry. */
const WAREHOUSE = { context: 'warehouse', registered: false, lastAcceptedAt: Date.now(), accepted: 3, failed: 0 };

it('who still uses the old version never moves the deadline: at high it loses access then, and people are told', async () => {
  const pages: string[] = [];
  const { activities } = fakeActivities({
    loadCredential: loadInWaves,
    observeUse: () => Promise.resolve({ at: 5, visible: true, contexts: [WAREHOUSE] }),
    notifyAudience: ({ notice }) => {
      if (notice.kind === 'person-needed') pages.push(notice.summary);
      return Promise.resolve({ at: 6, channels: 1 });
    },
  });

  const { outcome } = await withIncident(environment, activities, sampleInput({}, withOverlap(4)), (handle) =>
    handle.result(),
  );

  expect(outcome).toBe('recovered');
  expect(pages.join()).toContain('loses access now: warehouse');
});

it('tightens the refusal on graver evidence while gateways are asked, and a cancellation there says that it stands', async () => {
  const { activities, calls } = fakeActivities({
    loadCredential: loadSeparable,
    confirmInForce: () => Promise.reject(refusal('INTERNAL')),
  });

  await withIncident(environment, activities, MEDIUM, async (handle) => {
    await untilWaiting(handle);
    await handle.signal(detectionSignal, CRITICAL_SIGNAL);
    await eventually(
      () => calls.filter((call) => call === 'containVersion').length,
      (times) => times >= 2,
    );
    expect(calls.filter((call) => call === 'containVersion')).toHaveLength(2);
    await handle.cancel();
    await handle.result().catch(() => undefined);
    const notes = notesOf(await handle.query(stateQuery));
    expect(notes).toContain('The version stays refused.');
    expect(notes).not.toContain('NOT contained');
  });
});

it('tells everybody of a cancellation that meets a tightening: no handler ends the workflow', async () => {
  let contained = 0;
  const { activities, calls } = fakeActivities({
    loadCredential: loadSeparable,
    containVersion: () => {
      contained += 1;
      return contained === 1
        ? Promise.resolve({ at: 1, revision: 1, evidence: 'refused' })
        : Promise.reject(refusal('PROVIDER_UNAVAILABLE', false));
    },
    confirmInForce: () => Promise.reject(refusal('INTERNAL')),
  });

  await withIncident(environment, activities, MEDIUM, async (handle) => {
    await untilWaiting(handle);
    await handle.signal(detectionSignal, CRITICAL_SIGNAL);
    await eventually(
      () => contained,
      (times) => times >= 2,
    );
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow();
  });

  expect(calls.filter((call) => call.endsWith('unresolved')).length).toBeGreaterThan(0);
});

it('undoes the rotation that runs before a false positive is restored', async () => {
  const { activities, calls } = steeredActivities();

  const result = await withIncident(environment, activities, sampleInput(), async (handle) => {
    await untilStage(handle, 'replaced');
    await handle.executeUpdate(markFalsePositiveUpdate, { args: [APPROVED] });
    return handle.result();
  });

  expect(result.outcome).toBe('false-positive-restored');
  const undone = calls.filter((call) => /^(restore|discard|lift)/.test(call));
  expect(undone.at(-2)).toBe('discardReplacement');
  expect(undone.at(-1)).toBe('liftContainment');
  expect(calls).not.toContain('revokeVersion');
});

it('a false positive undoes a rotation in which somebody had refused already', async () => {
  const three = sampleCredential({
    dependents: ['fast', 'refusing', 'slow'].map((id) => ({
      id,
      kind: 'reload-hook',
      target: '',
      owner: 'payments',
      criticality: 1 as const,
    })),
  });
  const { activities, calls } = fakeActivities({
    loadCredential: () => Promise.resolve({ credential: three, version: sampleVersion() }),
    containVersion: () => Promise.resolve({ at: 1, revision: 7, laneUntil: 0, evidence: 'refused to everybody' }),
    async moveDependent({ dependentId }) {
      if (dependentId === 'refusing') throw refusal('DEPENDENT_REFUSED');
      if (dependentId === 'slow') await Context.current().cancelled;
      return { at: 5, detail: 'moved' };
    },
  });

  const { outcome } = await withIncident(environment, activities, MEDIUM, async (handle) => {
    await untilWaiting(handle);
    await handle.executeUpdate(approveStepUpdate, { args: [{ actor: 'ana@example.com', note: 'go' }] });
    await eventually(
      () => calls.filter((call) => call.startsWith('moveDependent')),
      (moves) => moves.length === 3,
    );
    await handle.executeUpdate(markFalsePositiveUpdate, { args: [APPROVED] });
    return handle.result();
  });

  expect(outcome).toBe('false-positive-restored');
  expect(calls).toEqual(expect.arrayContaining(['restoreDependent fast', 'discardReplacement']));
});

it('what a false positive could not undo is told', async () => {
  const pages: string[] = [];
  const { activities } = steeredActivities();
  const failing = {
    ...activities,
    discardReplacement: () => Promise.reject(refusal('PROVIDER_ADMIN_DENIED')),
    notifyAudience: ({ notice }: { notice: { kind: string; summary: string } }) => {
      pages.push(`${notice.kind}: ${notice.summary}`);
      return Promise.resolve({ at: 6, channels: 1 });
    },
  } as typeof activities;

  const result = await withIncident(environment, failing, sampleInput(), async (handle) => {
    await untilStage(handle, 'replaced');
    await handle.executeUpdate(markFalsePositiveUpdate, { args: [APPROVED] });
    return handle.result();
  });

  expect(result.outcome).toBe('false-positive-restored');
  expect(pages.join('\n')).toMatch(/person-needed: After the false positive .*Not undone: discard the replacement/);
});
