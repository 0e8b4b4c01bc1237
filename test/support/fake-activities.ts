import { ApplicationFailure } from '@temporalio/common';
import type { Activities } from '../../activities';
import { atActivityEdge } from '../../activities/activity-edge';
import type { Credential, SecretVersion } from '../../domain/credential';
import type { Assessment, Detection } from '../../domain/detection';
import { DEFAULT_POLICY, type Policy } from '../../domain/policy';
import type { Severity } from '../../domain/severity';
import { publicIdSubject } from '../../domain/subject';
import type { IncidentInput, RotationInput } from '../../workflows/messages';

/** A credential with two dependents, as the inventory would give it. */
export function sampleCredential(overrides: Partial<Credential> = {}): Credential {
  return {
    id: 'orders-db',
    provider: 'postgres-role',
    account: 'orders',
    principal: 'orders',
    principalKind: 'workload',
    ownerTeam: 'payments',
    criticality: 1,
    enforcement: 'provider',
    protection: 'normal',
    scopes: [],
    knownContexts: [],
    dependents: ['checkout', 'billing'].map((id) => ({
      id,
      kind: 'reload-hook',
      target: '',
      owner: 'payments',
      criticality: 1 as const,
    })),
    ...overrides,
  };
}

export function sampleVersion(version = 1): SecretVersion {
  return {
    credentialId: 'orders-db',
    version,
    publicId: `orders_v${version}`,
    subjects: [publicIdSubject('postgres-role', `orders/orders_v${version}`)],
    state: 'live',
    secret: { store: 'postgres', path: 'credentials/orders-db', version },
  };
}

export function sampleAssessment(overrides: Partial<Assessment> = {}): Assessment {
  return {
    severity: 'high',
    confidence: 0.9,
    families: ['origin', 'workload'],
    deterministic: false,
    firstAbuseAt: 1_700_000_000_000,
    reason: 'used by psql from a new address',
    ...overrides,
  };
}

/** What one detector found; `assessment` says what it all adds up to. */
export function sampleDetection(overrides: Partial<Detection> & Pick<Detection, 'id' | 'subject'>): Detection {
  return {
    detector: 'new-origin',
    family: 'origin',
    at: 1_700_000_000_000,
    severity: 'high',
    confidence: 0.9,
    deterministic: false,
    reason: 'used from a network it was never used from',
    eventIds: [],
    ...overrides,
  };
}

export function sampleInput(overrides: Partial<IncidentInput> = {}, policy: Policy = DEFAULT_POLICY): IncidentInput {
  return {
    credentialId: 'orders-db',
    version: 1,
    assessment: sampleAssessment(),
    policy,
    startedBy: 'detector',
    ...overrides,
  };
}

/** Of less than is answered at once, and certain. */
export const MEDIUM = sampleInput({ assessment: sampleAssessment({ severity: 'medium', deterministic: true }) });

/** A rotation by itself, without its incident. */
export function sampleRotation(overrides: Partial<RotationInput> = {}): RotationInput {
  return {
    incidentId: 'incident/orders-db/1',
    incidentRunId: 'run',
    credentialId: 'orders-db',
    version: 1,
    dependents: ['checkout'],
    generation: 1,
    moveWithinSeconds: 60,
    goOnWithoutMissing: true,
    ...overrides,
  };
}

/** The policy with another time for dependents, in seconds. */
export function withOverlap(overlapSeconds: number, severity: Severity = 'high'): Policy {
  const { severities } = DEFAULT_POLICY;
  return { ...DEFAULT_POLICY, severities: { ...severities, [severity]: { ...severities[severity], overlapSeconds } } };
}

/** A credential whose users a gateway can tell apart. */
export const SEPARABLE = sampleCredential({
  enforcement: 'gateway',
  knownContexts: [{ id: 'dashboard', networks: ['192.0.2.1/32'] }],
});

/** What the inventory says of it. */
export const loadSeparable = () => Promise.resolve({ credential: SEPARABLE, version: sampleVersion() });

/** A canary and one that must not break, behind a gateway. */
const IN_WAVES = sampleCredential({
  enforcement: 'gateway',
  knownContexts: [{ id: 'office', networks: ['192.0.2.1/32'] }],
  dependents: (['checkout', 'reports'] as const).map((id, index) => ({
    id,
    kind: 'kv-pull',
    target: '',
    owner: 'payments',
    criticality: index === 0 ? 0 : 2,
  })),
});
/** What the inventory says of it. */
export const loadInWaves = () => Promise.resolve({ credential: IN_WAVES, version: sampleVersion() });

/** The same of one that an earlier incident has refused and replaced. */
export const loadReplaced = () =>
  Promise.resolve({
    credential: sampleCredential(),
    version: { ...sampleVersion(), state: 'quarantined' as const },
    newer: 2,
  });

/** The same of one that was revoked before, and never proven dead. */
export const loadUnproven = () =>
  Promise.resolve({
    credential: sampleCredential(),
    version: { ...sampleVersion(), state: 'revoked' as const },
    newer: 2,
  });

/** Activities that succeed at once and write down their names, with single ones replaced. */
export function fakeActivities(overrides: Partial<Activities> = {}): { activities: Activities; calls: string[] } {
  const calls: string[] = [];
  // As the last refusal was answered.
  let listed: { readonly laneUntil?: number } = {};
  const succeeding: Activities = {
    loadCredential: () => Promise.resolve({ credential: sampleCredential(), version: sampleVersion() }),
    containVersion: () =>
      Promise.resolve({ at: 1_700_000_000_100, revision: 7, evidence: 'NOLOGIN, 3 sessions ended' }),
    confirmInForce: () => Promise.resolve({ at: 1_700_000_000_150, gateways: ['gateway'], behind: [] }),
    findLaneEnd: () => Promise.resolve(listed),
    recordContainment: () => Promise.resolve(),
    keepKnown: () => Promise.resolve(),
    createReplacement: () => Promise.resolve({ at: 1_700_000_000_200, version: 2, publicId: 'orders_v2' }),
    moveDependent: () => Promise.resolve({ at: 1_700_000_000_300, detail: 'probe worked' }),
    restoreDependent: () => Promise.resolve({}),
    discardReplacement: () => Promise.resolve(),
    revokeVersion: () => Promise.resolve({ at: 1_700_000_000_400, evidence: 'verifier erased' }),
    verifyDead: () =>
      Promise.resolve({ at: 1_700_000_000_500, proof: 'presented', evidence: 'old refused, control accepted' }),
    liftContainment: () => Promise.resolve({ at: 1_700_000_000_550, evidence: 'refused no longer' }),
    observeUse: () => Promise.resolve({ at: 1_700_000_000_350, visible: true, contexts: [] }),
    recordDecision: () => Promise.resolve(),
    rehearseStep: () => Promise.resolve({ detail: 'could be done' }),
    recordRehearsal: () => Promise.resolve(),
    checkWave: () => Promise.resolve({ at: 1_700_000_000_350, detail: 'its use is seen' }),
    findBroken: () => Promise.resolve([]),
    findUsers: () => Promise.resolve([]),
    testReplacement: () => Promise.resolve(),
    checkDrift: () => Promise.resolve({}),
    extendLane: () => Promise.resolve({ at: 1_700_000_000_250, evidence: 'open for longer' }),
    readMovingTime: () => Promise.resolve({ seconds: 60 }),
    useApproval: () => Promise.resolve({ approvalId: 'a-1' }),
    closeAudit: () => Promise.resolve({ at: 1_700_000_000_700 }),
    notifyAudience: () => Promise.resolve({ at: 1_700_000_000_600, channels: 1 }),
  };
  const all = { ...succeeding, ...overrides };
  const recorded = Object.entries(all).map(([name, activity]) => [
    name,
    async (...args: never[]) => {
      calls.push(label(name, args[0]));
      const result = await (activity as (...given: never[]) => Promise<unknown>)(...args);
      if (name === 'containVersion' || name === 'extendLane') listed = result as typeof listed;
      return result;
    },
  ]);
  // Through the real edge: heartbeats, by which a cancellation comes, are part of what is tested.
  return { activities: atActivityEdge(Object.fromEntries(recorded) as Activities), calls };
}

/** A failure as the activity edge makes it. */
export function refusal(code: string, nonRetryable = true): ApplicationFailure {
  return ApplicationFailure.create({ type: code, message: `${code}: for this test`, nonRetryable });
}

function label(name: string, input: unknown): string {
  const { dependentId, audience, notice } = (input ?? {}) as {
    dependentId?: string;
    audience?: string;
    notice?: { kind: string };
  };
  return [name, dependentId, audience, notice?.kind].filter((part) => part !== undefined).join(' ');
}
