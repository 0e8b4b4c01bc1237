import type { Activities } from '../../activities';
import { incidentId, rehearsalId, watchId } from '../../domain/credential';
import { DEFAULT_POLICY } from '../../domain/policy';
import { fakeActivities, refusal, sampleInput } from './fake-activities';

/** A run of a workflow beside the incident's own that is worth keeping. */
export interface OtherScenario {
  /** As it is exported, and as its folder of histories is named. */
  readonly type: string;
  readonly folder: string;
  readonly name: string;
  readonly workflowId: (credentialId: string) => string;
  readonly input: (credentialId: string) => unknown;
  readonly activities: () => Activities;
}

const watched = (credentialId: string) => ({
  credentialId,
  version: 1,
  policy: { ...DEFAULT_POLICY, watchSeconds: 0 },
  incident: incidentId(credentialId, 1),
  replacement: 2,
  since: Date.now(),
  // The first look comes before the minute that it would wait for.
  until: Date.now() + 1_000,
  checks: 0,
});

export const OTHER_SCENARIOS: readonly OtherScenario[] = [
  {
    type: 'watchContainment',
    folder: 'watch-containment',
    name: 'stayed-dead',
    workflowId: (id) => watchId(id, 1),
    input: watched,
    activities: () => fakeActivities().activities,
  },
  {
    type: 'watchContainment',
    folder: 'watch-containment',
    name: 'drifted',
    workflowId: (id) => watchId(id, 1),
    input: watched,
    activities: () => fakeActivities({ checkDrift: () => Promise.resolve({ drift: 'it works again' }) }).activities,
  },
  {
    type: 'rehearseResponse',
    folder: 'rehearse-response',
    name: 'one-step-not-ready',
    workflowId: (id) => rehearsalId(id, 1),
    input: (credentialId) => sampleInput({ credentialId }),
    activities: () =>
      fakeActivities({
        rehearseStep: ({ stage }) =>
          stage === 'revoke' ? Promise.reject(refusal('ACTION_BUDGET_SPENT')) : Promise.resolve({ detail: 'ready' }),
      }).activities,
  },
];
