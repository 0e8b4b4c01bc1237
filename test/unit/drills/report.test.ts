import { brokenPromises, successesAfter, type CredentialReport, type DemoReport } from '../../../drills/demo/report';

const credential: CredentialReport = {
  id: 'orders-db',
  provider: 'postgres-role',
  strategy: 'inseparable',
  refusedMs: null,
  quarantinedMs: 100,
  replacedMs: 200,
  revokedMs: 300,
  verifiedMs: 400,
  notifiedMs: 500,
  closedMs: 600,
  attackerSuccessesAfterRefusal: 0,
  attackerSessionsAlive: 0,
  audiencesNotified: ['engineering', 'product', 'security'],
  outcome: 'recovered',
  workflowId: 'incident/orders-db/1',
  runId: 'r',
  url: 'u',
};
const good: DemoReport = {
  credentials: [credential],
  legitimateRequests: 100,
  failedLegitimateRequests: 0,
  ambiguousLegitimateRequests: 0,
  slowestLegitimateMs: 10,
  incidentsBeforeTheLeak: 0,
  auditVerified: true,
  temporalUi: 'u',
};

describe('demo report', () => {
  it('finds nothing broken in a good one', () => {
    expect(brokenPromises(good)).toEqual([]);
  });

  it.each<[string, Partial<DemoReport>]>([
    ['failed', { failedLegitimateRequests: 1 }],
    ['ambiguous', { ambiguousLegitimateRequests: 1 }],
    ['no load', { legitimateRequests: 0 }],
    ['false alarm', { incidentsBeforeTheLeak: 1 }],
    ['audit', { auditVerified: false }],
    ['attacker', { credentials: [{ ...credential, attackerSuccessesAfterRefusal: 1 }] }],
    ['session', { credentials: [{ ...credential, attackerSessionsAlive: 1 }] }],
    ['told', { credentials: [{ ...credential, audiencesNotified: ['security'] }] }],
    ['not closed', { credentials: [{ ...credential, outcome: null }] }],
    ['not verified', { credentials: [{ ...credential, verifiedMs: null }] }],
  ])('names a broken promise: %s', (_name, fault) => {
    expect(brokenPromises({ ...good, ...fault })).toHaveLength(1);
  });

  it('lets an exercise have nobody to count, and nothing else', () => {
    const nobody = {
      credentials: [{ ...credential, attackerSuccessesAfterRefusal: null, attackerSessionsAlive: null }],
      legitimateRequests: null,
      failedLegitimateRequests: null,
      ambiguousLegitimateRequests: null,
      slowestLegitimateMs: null,
      incidentsBeforeTheLeak: null,
    };

    expect(brokenPromises({ ...good, ...nobody, simulated: true })).toEqual([]);
    expect(brokenPromises({ ...good, ...nobody })).toHaveLength(6);
    expect(brokenPromises({ ...good, ...nobody, simulated: true, auditVerified: false })).toHaveLength(1);
  });

  it('counts only successes begun after the refusal, and all of them when there was none', () => {
    const attack = { attempts: 3, successes: [10, 20, 30], firstSuccessAt: 10, firstRefusedAt: 25, refused: 1 };

    expect(successesAfter(attack, 20)).toBe(1);
    expect(successesAfter(attack, null)).toBe(3);
  });
});
