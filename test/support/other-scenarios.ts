import type { DiscoveryActivities } from '../../activities/discovery';
import type { IntelActivities, ListReport } from '../../activities/intel';
import type { ReadinessActivities } from '../../activities/readiness';
import { incidentId, registrationId, rehearsalId, watchId } from '../../domain/credential';
import { DEFAULT_POLICY } from '../../domain/policy';
import { fakeActivities, refusal, sampleInput } from './fake-activities';
import { fakeRegistration, sampleRegistration } from './fake-registration';

/** A run of a workflow beside the incident's own that is worth keeping. */
export interface OtherScenario {
  /** As it is exported, and as its folder of histories is named. */
  readonly type: string;
  readonly folder: string;
  readonly name: string;
  readonly workflowId: (credentialId: string) => string;
  readonly input: (credentialId: string) => unknown;
  readonly activities: () => object;
  /** It ends in a failure. */
  readonly fails?: true;
  /** An incident of the same version runs meanwhile. */
  readonly isOpen?: true;
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

const report = (name: string): ListReport => ({
  ...{ name, says: 'hostile', trust: 'medium', networks: 7, leftOut: {}, confirmedAt: 1, until: 2 },
});

const examineThreatLists = () => Promise.resolve([{ name: 'threat list feodo', faults: [] }]);

const intelActivities: IntelActivities = {
  examineThreatLists,
  listThreatLists: () => Promise.resolve(['tor', 'ours']),
  refreshThreatList: ({ name }) =>
    name === 'tor' ? Promise.reject(refusal('INTEL_LIST_UNREADABLE')) : Promise.resolve({ name, outcome: 'changed' }),
  putThreatListsInForce: () => Promise.resolve(['tor', 'ours'].map(report)),
};

const readinessActivities: ReadinessActivities & Pick<IntelActivities, 'examineThreatLists'> = {
  listCredentials: () => Promise.resolve(Array.from({ length: 9 }, (_, index) => `credential-${index}`)),
  examineReadiness: ({ credentialIds }) =>
    Promise.resolve(
      credentialIds.map((credentialId) => ({
        ...{ credentialId, provider: 'postgres-role', version: 1 },
        faults:
          credentialId === 'credential-8' ? [{ step: 'contain', code: 'PROVIDER_ADMIN_DENIED', fault: 'denied' }] : [],
      })),
    ),
  examineServers: () =>
    Promise.resolve([
      { name: 'account redis-acl/cache', faults: [{ step: 'take our admin credential', code: 'X', fault: 'denied' }] },
      { name: 'channel 1 of security (slack)', faults: [] },
    ]),
  examineThreatLists,
  reportUnready: () => Promise.resolve(),
};

const discoveryActivities: DiscoveryActivities = {
  discoverCredentials: () =>
    Promise.resolve({ found: [{ principal: 'ci', publicId: 'one', notes: ['never used'] }], known: 3, leftOut: 0 }),
};

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
    type: 'watchContainment',
    folder: 'watch-containment',
    name: 'refused-works-again',
    workflowId: (id) => watchId(id, 1),
    input: (credentialId) => ({ ...watched(credentialId), contained: true }),
    activities: () =>
      fakeActivities({ checkDrift: () => Promise.resolve({ drift: 'it works again', isContained: true }) }).activities,
  },
  {
    type: 'watchContainment',
    folder: 'watch-containment',
    name: 'works-again-while-open',
    isOpen: true,
    workflowId: (id) => watchId(id, 1),
    input: (credentialId) => ({ ...watched(credentialId), contained: true }),
    activities: () =>
      fakeActivities({
        checkDrift: () => Promise.resolve({ drift: 'it works again', isContained: true }),
        createReplacement: () => Promise.reject(refusal('PROVIDER_REFUSED')),
      }).activities,
  },
  {
    type: 'watchContainment',
    folder: 'watch-containment',
    name: 'refused-was-set-free',
    workflowId: (id) => watchId(id, 1),
    input: (credentialId) => ({ ...watched(credentialId), contained: true }),
    activities: () => fakeActivities({ checkDrift: () => Promise.resolve({ isOver: true }) }).activities,
  },
  {
    type: 'watchContainment',
    folder: 'watch-containment',
    name: 'could-not-tell',
    workflowId: (id) => watchId(id, 1),
    input: watched,
    activities: () => fakeActivities({ checkDrift: () => Promise.reject(refusal('PROVIDER_ADMIN_DENIED')) }).activities,
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
  {
    type: 'refreshThreatIntel',
    folder: 'refresh-threat-intel',
    name: 'one-list-bad',
    workflowId: () => 'threat-intel',
    input: () => undefined,
    activities: () => intelActivities,
  },
  {
    type: 'checkReadiness',
    folder: 'check-readiness',
    name: 'one-not-ready',
    workflowId: () => 'readiness',
    input: () => undefined,
    activities: () => readinessActivities,
  },
  {
    type: 'checkReadiness',
    folder: 'check-readiness',
    name: 'one-server-not-ready',
    workflowId: () => 'readiness',
    input: () => undefined,
    activities: () => readinessActivities,
  },
  {
    type: 'checkReadiness',
    folder: 'check-readiness',
    name: 'security-not-told',
    workflowId: () => 'readiness',
    input: () => undefined,
    activities: () => ({
      ...readinessActivities,
      reportUnready: () => Promise.reject(refusal('NOTIFICATION_FAILED')),
    }),
  },
  {
    type: 'registerCredential',
    folder: 'register-credential',
    name: 'registered',
    workflowId: registrationId,
    input: sampleRegistration,
    activities: () => fakeRegistration().activities,
  },
  {
    type: 'registerCredential',
    folder: 'register-credential',
    name: 'undone',
    fails: true,
    workflowId: registrationId,
    input: sampleRegistration,
    activities: () =>
      fakeRegistration({ takeInFirstVersion: () => Promise.reject(refusal('ADOPTION_REFUSED')) }).activities,
  },
  {
    type: 'discoverCredentials',
    folder: 'discover-credentials',
    name: 'discovered',
    workflowId: () => 'discover/aws-access-key/production',
    input: () => ({ provider: 'aws-access-key', account: 'production' }),
    activities: () => discoveryActivities,
  },
];
