import type { Activities } from '../../activities';
import { retryStepUpdate, type IncidentInput } from '../../workflows/messages';
import { eventually } from './eventually';
import {
  fakeActivities,
  refusal,
  sampleAssessment,
  sampleCredential,
  SEPARABLE,
  sampleInput,
  sampleVersion,
} from './fake-activities';
import type { LeakHandle } from './run-incident';

/** A run of the workflows that is worth keeping: its history must replay for as long as such a run may be open somewhere. */
export interface RecordedScenario {
  readonly name: string;
  readonly input: IncidentInput;
  readonly activities: () => Activities;
  /** What people do meanwhile; resolves when the run is over. */
  readonly play: (handle: LeakHandle) => Promise<unknown>;
}

const PERSON = { actor: 'ana@example.com', note: 'mended' };

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
    activities: () =>
      fakeActivities({ loadCredential: () => Promise.resolve({ credential: SEPARABLE, version: sampleVersion() }) })
        .activities,
    play: (handle) => handle.result(),
  },
  {
    name: 'rolled-back-then-recovered',
    input: sampleInput({ assessment: sampleAssessment({ severity: 'medium', deterministic: true }) }),
    activities: () => {
      let attempts = 0;
      return fakeActivities({
        loadCredential: () => Promise.resolve({ credential: SEPARABLE, version: sampleVersion() }),
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
      await handle.executeUpdate(retryStepUpdate, { args: [PERSON] });
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
      await handle.executeUpdate(retryStepUpdate, { args: [PERSON] });
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
      await handle.executeUpdate(retryStepUpdate, { args: [PERSON] });
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

async function untilWaiting(handle: LeakHandle): Promise<void> {
  await eventually(
    async () => (await handle.query<{ incident: { stage: string } }, []>('state')).incident.stage,
    (stage) => stage === 'waiting-for-person',
  );
}
