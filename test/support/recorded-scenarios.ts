import type { Activities } from '../../activities';
import { DEFAULT_POLICY } from '../../domain/policy';
import {
  approveStepUpdate,
  detectionSignal,
  retryStepUpdate,
  type DetectionSignal,
  type IncidentInput,
} from '../../workflows/messages';
import { eventually } from './eventually';
import {
  fakeActivities,
  loadSeparable,
  refusal,
  sampleAssessment,
  sampleCredential,
  sampleInput,
  sampleVersion,
} from './fake-activities';
import { untilWaiting, type LeakHandle } from './run-incident';

/** A run of the workflows that is worth keeping: its history must replay for as long as such a run may be open somewhere. */
export interface RecordedScenario {
  readonly name: string;
  readonly input: IncidentInput;
  readonly activities: () => Activities;
  /** What people do meanwhile; resolves when the run is over. */
  readonly play: (handle: LeakHandle) => Promise<unknown>;
}

const PERSON = { actor: 'ana@example.com', note: 'mended' };

/** Deadlines of activities are real time: the first of this incident would outlast everybody by hours. */
export const HURRIED = sampleInput(
  { assessment: sampleAssessment({ severity: 'medium', deterministic: true }) },
  {
    ...DEFAULT_POLICY,
    severities: {
      ...DEFAULT_POLICY.severities,
      critical: { ...DEFAULT_POLICY.severities.critical, overlapSeconds: 1 },
    },
  },
);

/** One dependent moves, and one never does. */
export function hurriedActivities(): ReturnType<typeof fakeActivities> {
  return fakeActivities({
    loadCredential: loadSeparable,
    moveDependent: ({ dependentId }) =>
      dependentId === 'billing'
        ? Promise.reject(refusal('DEPENDENT_NOT_MOVED', false))
        : Promise.resolve({ at: 5, detail: 'moved' }),
  });
}

export const CRITICAL_SIGNAL: DetectionSignal = {
  latest: {
    id: 'd-critical',
    detector: 'rate-spike',
    family: 'volume',
    subject: sampleVersion().subjects[0]!,
    at: 2,
    severity: 'critical',
    confidence: 0.9,
    deterministic: false,
    reason: 'a spike',
    eventIds: [],
  },
  assessment: sampleAssessment({ severity: 'critical', families: ['origin', 'volume'], reason: 'a spike' }),
  count: 1,
};

export const RECORDED_SCENARIOS: readonly RecordedScenario[] = [
  {
    name: 'recovered-inseparable',
    input: sampleInput(),
    activities: () => fakeActivities().activities,
    play: (handle) => handle.result(),
  },
  {
    name: 'recovered-separable',
    input: sampleInput(),
    activities: () => fakeActivities({ loadCredential: loadSeparable }).activities,
    play: (handle) => handle.result(),
  },
  {
    name: 'rolled-back-then-recovered',
    input: sampleInput({ assessment: sampleAssessment({ severity: 'medium', deterministic: true }) }),
    activities: () => {
      let attempts = 0;
      return fakeActivities({
        loadCredential: loadSeparable,
        moveDependent: ({ dependentId }) =>
          dependentId === 'billing' && attempts++ === 0
            ? Promise.reject(refusal('DEPENDENT_REFUSED'))
            : Promise.resolve({ at: 5, detail: 'moved' }),
      }).activities;
    },
    play: async (handle) => {
      await untilWaiting(handle);
      await handle.executeUpdate(retryStepUpdate, { args: [PERSON] });
      return handle.result();
    },
  },
  {
    name: 'asked-before-revoke',
    input: sampleInput({ assessment: sampleAssessment({ families: ['origin'] }) }),
    activities: () => fakeActivities().activities,
    play: async (handle) => {
      await untilWaiting(handle);
      await handle.executeUpdate(approveStepUpdate, { args: [PERSON] });
      return handle.result();
    },
  },
  {
    name: 'budget-spent',
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
      await handle.executeUpdate(approveStepUpdate, { args: [{ ...PERSON, approval: 'header.payload.signature' }] });
      return handle.result();
    },
  },
  {
    name: 'handed-over',
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
    name: 'hurried',
    input: HURRIED,
    activities: () => hurriedActivities().activities,
    play: async (handle) => {
      await eventually(
        async () => (await handle.query<{ incident: { stage: string } }, []>('state')).incident.stage,
        (stage) => stage === 'replaced',
      );
      await handle.signal(detectionSignal, CRITICAL_SIGNAL);
      return handle.result();
    },
  },
  {
    name: 'credential-unknown',
    input: sampleInput(),
    activities: () =>
      fakeActivities({ loadCredential: () => Promise.reject(refusal('CREDENTIAL_UNKNOWN')) }).activities,
    play: (handle) => handle.result().catch(() => undefined),
  },
];
