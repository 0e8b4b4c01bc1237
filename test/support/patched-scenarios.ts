import { Context } from '@temporalio/activity';
import { parseIncidentId } from '../../domain/credential';
import { DEFAULT_POLICY } from '../../domain/policy';
import {
  detectionSignal,
  lowerSeverityUpdate,
  markFalsePositiveUpdate,
  raiseSeverityUpdate,
  retryStepUpdate,
  skipStepUpdate,
} from '../../workflows/messages';
import { eventually } from './eventually';
import {
  fakeActivities,
  loadInWaves,
  loadReplaced,
  loadSeparable,
  loadUnproven,
  MEDIUM,
  refusal,
  sampleAssessment,
  sampleInput,
  sampleVersion,
  withOverlap,
} from './fake-activities';
import { APPROVED, extendByTwo, REVOKE_REJECTED, steeredActivities } from './outcome-scenarios';
import { CRITICAL_SIGNAL, type RecordedScenario } from './recorded-scenarios';
import { gate, untilStage, untilWaiting, type LeakHandle } from './run-incident';

/** Graver evidence makes the lane shorter. */
export const LESS_TIME_WHEN_CRITICAL = sampleInput(
  { assessment: sampleAssessment({ severity: 'medium', deterministic: true }) },
  {
    ...DEFAULT_POLICY,
    severities: {
      ...DEFAULT_POLICY.severities,
      medium: { ...DEFAULT_POLICY.severities.medium, overlapSeconds: 1_200 },
      critical: { ...DEFAULT_POLICY.severities.critical, overlapSeconds: 600 },
    },
  },
);

/** Graver evidence makes the lane narrower, and no shorter. */
const NARROWER_WHEN_CRITICAL = sampleInput(
  {},
  {
    ...DEFAULT_POLICY,
    severities: {
      ...DEFAULT_POLICY.severities,
      critical: {
        ...DEFAULT_POLICY.severities.critical,
        overlapSeconds: DEFAULT_POLICY.severities.high.overlapSeconds,
        laneMaxPerMinute: 60,
      },
    },
  },
);

/** A person says, before anything is revoked, that nothing leaked. */
const FALSE_POSITIVE: Omit<RecordedScenario, 'name'> = {
  input: sampleInput({ assessment: sampleAssessment({ families: ['origin'] }) }),
  activities: () => fakeActivities().activities,
  play: async (handle) => {
    await untilWaiting(handle);
    await handle.executeUpdate(markFalsePositiveUpdate, { args: [APPROVED] });
    return handle.result();
  },
};

/** About what an earlier incident has refused and replaced. */
const BEGUN_AGAIN: Omit<RecordedScenario, 'name'> = {
  input: sampleInput(),
  activities: () => fakeActivities({ loadCredential: loadReplaced }).activities,
  play: (handle) => handle.result(),
};

/** Runs that pass each place where the workflows ask `patched`, and those that came after the others were recorded. */
export const PATCHED_SCENARIOS: readonly RecordedScenario[] = [
  { name: 'false-positive-told', ...FALSE_POSITIVE },
  { name: 'false-positive-heard-last', ...FALSE_POSITIVE },
  { name: 'begun-again', ...BEGUN_AGAIN },
  {
    name: 'gate-asked-anew',
    input: sampleInput({}, withOverlap(600)),
    activities: () => gateThatOpensWithMoreTime().activities,
    play: async (handle) => {
      await untilStage(handle, 'replaced');
      await extendByTwo(handle);
      return handle.result();
    },
  },
  {
    name: 'latecomer-gated',
    input: sampleInput({}, withOverlap(6)),
    activities: () => latecomer().activities,
    play: (handle) => handle.result(),
  },
  {
    name: 'extended-and-judged',
    input: sampleInput(),
    activities: () => steeredActivities().activities,
    play: async (handle) => {
      await untilStage(handle, 'replaced');
      await extendByTwo(handle);
      await handle.executeUpdate(lowerSeverityUpdate, { args: [{ ...APPROVED, severity: 'medium' }] });
      await handle.signal(detectionSignal, { ...CRITICAL_SIGNAL, assessment: sampleAssessment() });
      return handle.result();
    },
  },
  {
    name: 'abuse-in-exercise',
    input: sampleInput({ simulated: true }),
    activities: () => steeredActivities().activities,
    play: async (handle) => {
      await untilStage(handle, 'replaced');
      await handle.signal(detectionSignal, { ...CRITICAL_SIGNAL, assessment: sampleAssessment() });
      await extendByTwo(handle);
      return handle.result();
    },
  },
  {
    name: 'replacement-kept',
    input: MEDIUM,
    activities: () => stranding().activities,
    play: async (handle) => {
      await untilWaiting(handle);
      await handle.executeUpdate(skipStepUpdate, { args: [APPROVED] });
      return handle.result();
    },
  },
  {
    name: 'extended-at-a-failure',
    input: sampleInput({}, withOverlap(600)),
    activities: () => failingAsItIsGivenUp().activities,
    play: async (handle) => {
      await untilStage(handle, 'replaced');
      await extendByTwo(handle);
      return handle.result();
    },
  },
  {
    name: 'unproven',
    input: sampleInput(),
    activities: () => fakeActivities({ loadCredential: loadUnproven }).activities,
    play: (handle) => handle.result(),
  },
  {
    name: 'inventory-unread',
    input: sampleInput(),
    activities: () => {
      let tries = 0;
      return fakeActivities({
        loadCredential: () => (++tries < 8 ? Promise.reject(refusal('INTERNAL', false)) : loadSeparable()),
      }).activities;
    },
    play: (handle) => handle.result(),
  },
  rotationEnded('rotation-cancelled', (rotation) => rotation.cancel()),
  rotationEnded('rotation-terminated', (rotation) => rotation.terminate()),
  timeWithdrawn(),
  { name: 'begun-again-and-looked', ...BEGUN_AGAIN },
  {
    name: 'sent-back-from-adopted',
    input: sampleInput(),
    activities: () => adoptedAndUnfit().activities,
    play: async (handle) => {
      await untilWaiting(handle);
      await handle.executeUpdate(retryStepUpdate, { args: [APPROVED] });
      return handle.result();
    },
  },
  {
    name: 'tightened-again',
    input: LESS_TIME_WHEN_CRITICAL,
    activities: () => tightenedLate().activities,
    play: async (handle) => {
      await untilStage(handle, 'replaced');
      await handle.signal(detectionSignal, CRITICAL_SIGNAL);
      return handle.result();
    },
  },
  { name: 'false-positive-lifts-last', ...FALSE_POSITIVE },
  {
    name: 'extended-and-counted-when-given',
    input: sampleInput({}, withOverlap(600)),
    activities: () => steeredActivities().activities,
    play: async (handle) => {
      await untilStage(handle, 'replaced');
      await extendByTwo(handle);
      return handle.result();
    },
  },
  {
    name: 'narrower-lane',
    input: NARROWER_WHEN_CRITICAL,
    activities: () => tightenedLate().activities,
    play: async (handle) => {
      await untilStage(handle, 'replaced');
      await handle.signal(detectionSignal, CRITICAL_SIGNAL);
      return handle.result();
    },
  },
  { name: 'adopted-with-its-users', ...BEGUN_AGAIN },
  {
    name: 'watched-at-once',
    input: sampleInput(),
    activities: () => fakeActivities().activities,
    play: (handle) => handle.result(),
  },
  cancelledBeforeLifting(),
  raisedBeforeKnown(),
  {
    name: 'judged-and-told-by-a-scanner',
    input: sampleInput({ startedBy: 'feed:github' }),
    activities: () =>
      fakeActivities({
        loadCredential: async () => ({
          ...(await loadSeparable()),
          version: {
            ...sampleVersion(),
            state: 'quarantined' as const,
            knownAgainst: { evidence: sampleAssessment({ severity: 'low' }) },
          },
        }),
      }).activities,
    play: (handle) => handle.result(),
  },
  {
    name: 'kept-at-cancel',
    input: sampleInput(),
    activities: () =>
      fakeActivities({ createReplacement: () => Promise.reject(refusal('PROVIDER_REFUSED')) }).activities,
    play: async (handle) => {
      await untilWaiting(handle);
      await handle.cancel();
      return handle.result().catch(() => undefined);
    },
  },
  {
    name: 'judgement-kept',
    input: sampleInput(),
    activities: () => steeredActivities().activities,
    play: async (handle) => {
      await untilStage(handle, 'replaced');
      await extendByTwo(handle);
      await handle.executeUpdate(lowerSeverityUpdate, { args: [{ ...APPROVED, severity: 'medium' }] });
      return handle.result();
    },
  },
  { name: 'no-kept', ...REVOKE_REJECTED },
  {
    name: 'perhaps-revoked',
    input: sampleInput(),
    activities: () =>
      fakeActivities({
        loadCredential: loadSeparable,
        revokeVersion: () => Promise.reject(refusal('PROVIDER_ADMIN_DENIED')),
      }).activities,
    play: async (handle) => {
      await untilWaiting(handle);
      await handle.cancel();
      return handle.result().catch(() => undefined);
    },
  },
];

/** A person raises the severity before the inventory is read, and that is written down when a replacement is minted already. */
function raisedBeforeKnown(): RecordedScenario {
  const [asked, minted] = [gate(), gate()];
  const { activities } = fakeActivities({
    loadCredential: () => asked.opened.then(loadSeparable),
    recordDecision: () => {
      asked.open();
      return minted.opened;
    },
    createReplacement: () => {
      minted.open();
      return Promise.resolve({ at: 2, version: 2, publicId: 'orders_v2' });
    },
  });
  return {
    name: 'raised-before-known',
    input: sampleInput({ assessment: sampleAssessment({ severity: 'medium', deterministic: true }) }),
    activities: () => activities,
    async play(handle) {
      await handle.executeUpdate(raiseSeverityUpdate, {
        args: [{ actor: 'ana@example.com', note: 'seen', severity: 'critical' }],
      });
      return handle.result();
    },
  };
}

/** A person says that nothing leaked; while the rotation is being undone, and before the lift began, another cancels the incident. */
export function cancelledBeforeLifting(): RecordedScenario & { readonly calls: readonly string[] } {
  const [undoing, undone] = [gate(), gate()];
  const { activities, calls } = fakeActivities({
    moveDependent: () => Promise.reject(refusal('DEPENDENT_NOT_MOVED', false)),
    async discardReplacement() {
      undoing.open();
      await undone.opened;
    },
  });
  return {
    name: 'cancelled-before-lifting',
    input: sampleInput(),
    activities: () => activities,
    calls,
    async play(handle) {
      await untilStage(handle, 'replaced');
      await handle.executeUpdate(markFalsePositiveUpdate, { args: [APPROVED] });
      await undoing.opened;
      await handle.cancel();
      undone.open();
      return handle.result().catch(() => undefined);
    },
  };
}

/** The rotation that an incident has begun: all those of a version have one id. */
export function rotationOf({ client, workflowId }: LeakHandle) {
  const about = parseIncidentId(workflowId);
  return client.getHandle(`rotate/${about?.credentialId}/${about?.version}`);
}

/** Somebody ends the rotation by itself, and says that it is tried again. */
function rotationEnded(
  name: string,
  end: (rotation: ReturnType<typeof rotationOf>) => Promise<unknown>,
): RecordedScenario {
  return {
    name,
    input: sampleInput(),
    activities: () => rotationThatWaits().activities,
    play: async (handle) => {
      await untilStage(handle, 'replaced');
      await end(rotationOf(handle));
      await untilWaiting(handle);
      await handle.executeUpdate(retryStepUpdate, { args: [APPROVED] });
      return handle.result();
    },
  };
}

/** Checkout does not move in the first rotation, however often it is asked; what was minted lives until it is discarded. */
export function rotationThatWaits(): ReturnType<typeof fakeActivities> {
  let newer: number | undefined;
  let first: string | undefined;
  return fakeActivities({
    loadCredential: async () => ({ ...(await loadSeparable()), ...(newer === undefined ? {} : { newer }) }),
    createReplacement: () => Promise.resolve({ at: 2, version: (newer = 2), publicId: 'orders_v2' }),
    discardReplacement: () => Promise.resolve(void (newer = undefined)),
    moveDependent: ({ stepKey, dependentId }) => {
      const rotation = stepKey.split('/')[0];
      first ??= rotation;
      return dependentId === 'checkout' && rotation === first
        ? Promise.reject(refusal('DEPENDENT_NOT_MOVED', false))
        : Promise.resolve({ at: 5, detail: 'moved' });
    },
  });
}

/** People give dependents more time, then it becomes graver, where the graver plan gives as much as the old one; how much was given is read after that. */
export function timeWithdrawn(): RecordedScenario {
  let mayMove = false;
  const hurried = gate();
  const { activities } = fakeActivities({
    loadCredential: loadSeparable,
    readMovingTime: () => hurried.opened.then(() => ({ seconds: 60 })),
    moveDependent: ({ dependentId }) =>
      dependentId === 'checkout' && !mayMove
        ? Promise.reject(refusal('DEPENDENT_NOT_MOVED', false))
        : Promise.resolve({ at: 5, detail: 'moved' }),
  });
  const { severities } = withOverlap(600);
  const policy = {
    ...DEFAULT_POLICY,
    severities: { ...severities, critical: { ...severities.critical, overlapSeconds: 600 } },
  };
  return {
    name: 'time-withdrawn',
    input: sampleInput({}, policy),
    activities: () => activities,
    async play(handle: LeakHandle): Promise<unknown> {
      await untilStage(handle, 'replaced');
      await extendByTwo(handle);
      await handle.signal(detectionSignal, CRITICAL_SIGNAL);
      await eventually(
        () => rotationOf(handle).fetchHistory(),
        ({ events = [] }) =>
          events?.some((event) => event.workflowExecutionSignaledEventAttributes?.signalName === 'hurry') ?? false,
      );
      hurried.open();
      mayMove = true;
      return handle.result();
    },
  };
}

/** A dependent refuses the replacement, and none can be sent back from it. */
export function stranding(): ReturnType<typeof fakeActivities> {
  return fakeActivities({
    loadCredential: loadSeparable,
    moveDependent: ({ dependentId }) =>
      dependentId === 'billing'
        ? Promise.reject(refusal('DEPENDENT_REFUSED'))
        : Promise.resolve({ at: 5, detail: 'moved' }),
    restoreDependent: () => Promise.reject(refusal('DEPENDENT_REFUSED')),
  });
}

/** The first try to move one dependent ends with a failure at the moment at which it is given up. */
export function failingAsItIsGivenUp(): ReturnType<typeof fakeActivities> {
  let tries = 0;
  return fakeActivities({
    loadCredential: loadSeparable,
    async moveDependent({ dependentId }) {
      if (dependentId === 'billing' && ++tries === 1) {
        await Context.current().cancelled.catch(() => undefined);
        throw refusal('DEPENDENT_REFUSED');
      }
      return { at: 5, detail: 'moved' };
    },
  });
}

/** The first wave shows that it works only when people have given more time. */
export function gateThatOpensWithMoreTime(): ReturnType<typeof fakeActivities> {
  let extended = false;
  return fakeActivities({
    loadCredential: loadInWaves,
    extendLane: () => {
      extended = true;
      return Promise.resolve({ at: 4, evidence: 'longer' });
    },
    checkWave: () =>
      extended
        ? Promise.resolve({ at: 5, detail: 'its use is seen' })
        : Promise.reject(refusal('DEPENDENT_NOT_MOVED', false)),
  });
}

/** One of the second wave moves after the first has, by itself. */
export function latecomer(): ReturnType<typeof fakeActivities> {
  const made: ReturnType<typeof fakeActivities> = fakeActivities({
    loadCredential: loadInWaves,
    moveDependent: ({ dependentId }) =>
      dependentId === 'reports' && !made.calls.includes('moveDependent checkout')
        ? Promise.reject(refusal('DEPENDENT_NOT_MOVED', false))
        : Promise.resolve({ at: 5, detail: 'moved' }),
    checkWave: ({ dependents }) => Promise.resolve({ at: 6, detail: `${dependents.join(', ')} seen` }),
  });
  return made;
}

/** Version 2 lives before the incident begins, checkout uses it, and no wave works on it. */
export function adoptedAndUnfit(): ReturnType<typeof fakeActivities> {
  return fakeActivities({
    loadCredential: async () => ({ ...(await loadSeparable()), newer: 2 }),
    findUsers: () => Promise.resolve(['checkout']),
    createReplacement: () => Promise.resolve({ at: 2, version: 3, publicId: 'orders_v3' }),
    checkWave: ({ to }) =>
      to === 2 ? Promise.reject(refusal('WAVE_FAILED')) : Promise.resolve({ at: 5, detail: 'its use is seen' }),
  });
}

/** What graver evidence asks for can't be refused at first; checkout moves when it is. */
export function tightenedLate(): ReturnType<typeof fakeActivities> {
  let tries = 0;
  return fakeActivities({
    loadCredential: loadSeparable,
    containVersion: ({ stepKey }) =>
      stepKey.endsWith('contain.critical') && ++tries < 3
        ? Promise.reject(refusal('INTERNAL'))
        : Promise.resolve({ at: 1, revision: 7, evidence: 'refused' }),
    moveDependent: ({ dependentId }) =>
      dependentId === 'checkout' && tries < 3
        ? Promise.reject(refusal('DEPENDENT_NOT_MOVED', false))
        : Promise.resolve({ at: 5, detail: 'moved' }),
  });
}
