import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Activities } from '../../activities';
import { DEFAULT_ESCALATION } from '../../domain/escalation';
import type { Outcome } from '../../domain/incident';
import { DEFAULT_POLICY, type Policy } from '../../domain/policy';
import {
  acknowledgeUpdate,
  approveStepUpdate,
  detectionSignal,
  extendOverlapUpdate,
  lowerSeverityUpdate,
  markFalsePositiveUpdate,
  rejectStepUpdate,
  skipStepUpdate,
} from '../../workflows/messages';
import {
  fakeActivities,
  loadSeparable,
  MEDIUM,
  refusal,
  sampleAssessment,
  sampleCredential,
  sampleInput,
  sampleVersion,
} from './fake-activities';
import { CRITICAL_SIGNAL, HURRIED, hurriedActivities, type RecordedScenario } from './recorded-scenarios';
import { untilStage, untilWaiting, withIncident, type LeakHandle } from './run-incident';

const PERSON = { actor: 'ana@example.com', note: 'seen' };
/** Fake activities take any; the real one is asked about in test/integration/people.test.ts. */
export const APPROVED = { ...PERSON, approval: 'header.payload.signature' };

/** Two people give dependents a minute more, as it takes at high. */
export async function extendByTwo(handle: LeakHandle): Promise<void> {
  for (const actor of ['ana@example.com', 'bo@example.com'])
    await handle.executeUpdate(extendOverlapUpdate, { args: [{ ...APPROVED, actor, seconds: 60 }] });
}

/** Nobody answers, and that is soon the end. */
export function silentFor(closeAfterSeconds: number, more: Partial<Policy> = {}): Policy {
  const { steps, onSilence } = DEFAULT_ESCALATION;
  return { ...DEFAULT_POLICY, escalation: { steps, onSilence: { ...onSilence, closeAfterSeconds } }, ...more };
}

/** A run that ends with each outcome there is, some in more than one way. */
export interface OutcomeScenario extends RecordedScenario {
  readonly outcome: Outcome;
  /** A person's word, or evidence, ends what is being tried: not for the server that skips time (see given-up-attempts.test.ts). */
  readonly givesUpAttempts?: true;
}

/** One kind of evidence alone: a person is asked, and says no. */
export const REVOKE_REJECTED: Omit<RecordedScenario, 'name'> = {
  input: sampleInput({ assessment: sampleAssessment({ families: ['origin'] }) }),
  activities: () => fakeActivities().activities,
  play: async (handle) => {
    await untilWaiting(handle);
    await handle.executeUpdate(rejectStepUpdate, { args: [PERSON] });
    return handle.result();
  },
};

export const OUTCOME_SCENARIOS: readonly OutcomeScenario[] = [
  {
    name: 'recovered-in-waves',
    outcome: 'recovered',
    input: sampleInput(),
    activities: () => fakeActivities({ loadCredential: loadSeparable }).activities,
    play: (handle) => handle.result(),
  },
  {
    name: 'recovered-with-signed-progress',
    outcome: 'recovered',
    input: sampleInput(),
    activities: () => fakeActivities({ loadCredential: loadSeparable }).activities,
    play: (handle) => handle.result(),
  },
  {
    name: 'hurried-and-warned-anew',
    outcome: 'recovered',
    givesUpAttempts: true,
    input: HURRIED,
    activities: () => hurriedActivities().activities,
    play: async (handle) => {
      await untilStage(handle, 'replaced');
      await handle.signal(detectionSignal, CRITICAL_SIGNAL);
      return handle.result();
    },
  },
  {
    name: 'approved-past-the-budget',
    outcome: 'recovered',
    input: sampleInput(),
    activities: () =>
      fakeActivities({
        revokeVersion: ({ decidedBy }) =>
          decidedBy === undefined
            ? Promise.reject(refusal('ACTION_BUDGET_SPENT'))
            : Promise.resolve({ at: 1_700_000_000_400, evidence: 'verifier erased' }),
      }).activities,
    play: async (handle) => {
      await untilWaiting(handle);
      await handle.executeUpdate(acknowledgeUpdate, { args: [PERSON] });
      await handle.executeUpdate(approveStepUpdate, { args: [APPROVED] });
      return handle.result();
    },
  },
  {
    name: 'replacement-replaced',
    outcome: 'recovered',
    input: sampleInput(),
    activities: () => secondReplacementWorks().activities,
    play: (handle) => handle.result(),
  },
  {
    name: 'opened-again',
    outcome: 'recovered',
    input: sampleInput({ startedBy: 'watch', reopened: { replacement: 2 } }),
    activities: () => fakeActivities().activities,
    play: (handle) => handle.result(),
  },
  {
    name: 'steered',
    outcome: 'recovered',
    givesUpAttempts: true,
    input: sampleInput({}, { ...DEFAULT_POLICY, escalateEverySeconds: 60 }),
    activities: () => steeredActivities().activities,
    play: async (handle) => {
      await untilStage(handle, 'replaced');
      await extendByTwo(handle);
      await handle.executeUpdate(lowerSeverityUpdate, { args: [{ ...APPROVED, severity: 'medium' }] });
      return handle.result();
    },
  },
  {
    name: 'wave-failed-and-skipped',
    outcome: 'contained-and-rolled-back',
    input: MEDIUM,
    activities: () =>
      fakeActivities({ loadCredential: loadSeparable, checkWave: () => Promise.reject(refusal('WAVE_FAILED')) })
        .activities,
    play: async (handle) => {
      await untilWaiting(handle);
      await handle.executeUpdate(skipStepUpdate, { args: [APPROVED] });
      return handle.result();
    },
  },
  {
    name: 'rolled-back-and-nobody-answers',
    outcome: 'contained-and-rolled-back',
    input: sampleInput({}, silentFor(1, { escalateEverySeconds: 1 })),
    activities: () =>
      fakeActivities({ createReplacement: () => Promise.reject(refusal('PROVIDER_ADMIN_DENIED')) }).activities,
    play: (handle) => handle.result(),
  },
  {
    name: 'rollback-incomplete',
    outcome: 'contained-rollback-incomplete',
    input: MEDIUM,
    activities: () =>
      fakeActivities({
        loadCredential: loadSeparable,
        moveDependent: () => Promise.reject(refusal('DEPENDENT_REFUSED')),
        discardReplacement: () => Promise.reject(refusal('PROVIDER_ADMIN_DENIED')),
      }).activities,
    play: async (handle) => {
      await untilWaiting(handle);
      await handle.executeUpdate(skipStepUpdate, { args: [APPROVED] });
      return handle.result();
    },
  },
  { name: 'revoke-rejected', outcome: 'contained-waiting-for-person', ...REVOKE_REJECTED },
  {
    name: 'nobody-answers-about-revoking',
    outcome: 'contained-waiting-for-person',
    input: sampleInput(
      { assessment: sampleAssessment({ families: ['origin'] }) },
      silentFor(1, { escalateEverySeconds: 1 }),
    ),
    activities: () => fakeActivities().activities,
    play: (handle) => handle.result(),
  },
  {
    name: 'handed-over-and-approved',
    outcome: 'contained-and-handed-over',
    input: sampleInput(),
    activities: () =>
      fakeActivities({
        loadCredential: () =>
          Promise.resolve({ credential: sampleCredential(), version: sampleVersion(), hasProvider: false }),
      }).activities,
    play: async (handle) => {
      await untilWaiting(handle);
      await handle.executeUpdate(approveStepUpdate, { args: [PERSON] });
      return handle.result();
    },
  },
  {
    name: 'false-positive',
    outcome: 'false-positive-restored',
    input: sampleInput({ assessment: sampleAssessment({ families: ['origin'] }) }),
    activities: () => fakeActivities().activities,
    play: async (handle) => {
      await untilWaiting(handle);
      await handle.executeUpdate(markFalsePositiveUpdate, { args: [APPROVED] });
      return handle.result();
    },
  },
];

/** After the leaked version is dead its replacement turns out not to work. */
export function secondReplacementWorks(more: Partial<Activities> = {}): ReturnType<typeof fakeActivities> {
  let minted = 1;
  return fakeActivities({
    createReplacement: () => Promise.resolve({ at: 2, version: ++minted, publicId: `orders_v${minted}` }),
    verifyDead: ({ control }) =>
      control === 2
        ? Promise.reject(refusal('CONTROL_REFUSED'))
        : Promise.resolve({ at: 5, proof: 'presented', evidence: 'old refused, control accepted' }),
    ...more,
  });
}

/** The last dependent moves when people have given it more time. */
export function steeredActivities(): ReturnType<typeof fakeActivities> {
  let extended = false;
  return fakeActivities({
    loadCredential: loadSeparable,
    extendLane: () => {
      extended = true;
      return Promise.resolve({ at: 4, evidence: 'open for longer' });
    },
    moveDependent: ({ dependentId }) =>
      dependentId === 'checkout' && !extended
        ? Promise.reject(refusal('DEPENDENT_NOT_MOVED', false))
        : Promise.resolve({ at: 5, detail: 'moved' }),
  });
}

/** Plays it on a worker of its own. */
export async function endsAsItSays(
  environment: TestWorkflowEnvironment,
  { outcome, input, activities, play }: OutcomeScenario,
): Promise<void> {
  const result = await withIncident(environment, activities(), input, async (handle) => {
    await play(handle);
    return handle.result();
  });

  expect(result.outcome).toBe(outcome);
  expect(result.view.incident).toMatchObject({ stage: 'closed', outcome });
  expect(result.view.incident.waiting).toBeUndefined();
}
