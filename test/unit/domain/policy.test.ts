import fc from 'fast-check';
import { DEFAULT_POLICY, policyFaults, responsesFor, type Policy } from '../../../domain/policy';
import { completePolicy } from '../../../domain/policy-schema';
import { SEVERITIES } from '../../../domain/severity';

const credential = { id: 'orders-db', provider: 'postgres-role', ownerTeam: 'payments', environment: 'staging' };

const withOverrides = (...overrides: NonNullable<Policy['overrides']>): Policy => ({ ...DEFAULT_POLICY, overrides });

describe('the response of a credential', () => {
  it('is the policy’s own where no override concerns it', () => {
    const policy = withOverrides({ when: { environment: 'production' }, severities: { high: { overlapSeconds: 1 } } });

    expect(responsesFor(policy, credential)).toEqual(DEFAULT_POLICY.severities);
  });

  it('takes what an override says and nothing else, and later ones win', () => {
    const policy = withOverrides(
      { when: { ownerTeam: 'payments' }, severities: { high: { overlapSeconds: 100, revoke: 'ask' } } },
      { when: { provider: 'postgres-role', environment: 'staging' }, severities: { high: { overlapSeconds: 50 } } },
      { when: { provider: 'postgres-role', ownerTeam: 'search' }, severities: { high: { overlapSeconds: 1 } } },
    );
    const { low, medium, high, critical } = responsesFor(policy, credential);
    const { severities } = DEFAULT_POLICY;

    expect(high).toEqual({ ...severities.high, overlapSeconds: 50, revoke: 'ask' });
    expect({ low, medium }).toEqual({ low: severities.low, medium: severities.medium });
    // What is graver never gets more time.
    expect(critical).toEqual({ ...severities.critical, overlapSeconds: 50 });
  });

  it('takes a credential without an environment for one of production', () => {
    const policy = withOverrides({ when: { environment: 'production' }, severities: { high: { overlapSeconds: 1 } } });

    expect(responsesFor(policy, { ...credential, environment: undefined }).high.overlapSeconds).toBe(1);
  });
});

describe('a policy', () => {
  it('has no fault by default', () => expect(policyFaults(DEFAULT_POLICY)).toEqual([]));

  it.each([
    [{ severities: { high: { withoutKnownContext: 'ask' } } }, 'severities.high.withoutKnownContext'],
    [{ severities: { critical: { revoke: 'never' } } }, 'severities.critical.revoke'],
    [{ severities: { critical: { overlapSeconds: 61 } } }, 'severities.critical.overlapSeconds'],
    [{ severities: { medium: { overlapSeconds: 10 } } }, 'severities.high.overlapSeconds'],
    [
      { severities: { high: { overlapSeconds: 800 }, medium: { overlapSeconds: 700 } } },
      'severities.high.overlapSeconds',
    ],
    [
      { overrides: [{ when: { provider: 'x' }, severities: { high: { revoke: 'never' } } }] },
      'overrides.0.severities.high.revoke',
    ],
    [{ overrides: [{ when: {}, severities: {} }] }, 'overrides.0.when'],
    [{ severities: { high: { laneMaxPerMinute: 0 } } }, 'severities.high.laneMaxPerMinute'],
    [{ severities: { medium: { laneMaxPerMinute: 10 } } }, 'severities.high.laneMaxPerMinute'],
    [{ holdFrom: 'low' }, 'holdFrom'],
    [{ incidentFrom: 'critical', holdFrom: 'critical' }, 'incidentFrom'],
    [{ holdSeconds: 60 }, 'holdSeconds'],
    [{ budgets: { perTeam: 0 } }, 'budgets.perTeam'],
    [{ severity: {} }, ''],
    [{ version: undefined }, 'version'],
  ])('%j is refused at %s', (more, path) => {
    const parsed = completePolicy.safeParse({ version: 1, ...more });

    expect(parsed.error?.issues.map((issue) => issue.path.join('.'))).toContain(path);
  });

  it('that is taken never leaves containment out at high or above, nor gives graver leaks more time or a wider lane', () => {
    const seconds = fc.integer({ min: 0, max: 100_000 });
    const response = fc.record(
      {
        overlapSeconds: seconds,
        laneMaxPerMinute: fc.integer({ min: 1, max: 5_000 }),
        revoke: fc.constantFrom('when-moved' as const, 'ask' as const, 'never' as const),
        revokeAtDeadline: fc.boolean(),
        withoutKnownContext: fc.constantFrom('deny-all' as const, 'ask' as const),
      },
      { requiredKeys: [] },
    );
    const severities = fc.record(
      { critical: response, high: response, medium: response, low: response },
      { requiredKeys: [] },
    );
    const file = fc.record({
      version: fc.constant(1),
      severities,
      overrides: fc.array(fc.record({ when: fc.constant({ ownerTeam: 'payments' }), severities }), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(file, (written) => {
        const parsed = completePolicy.safeParse(written);
        if (!parsed.success) return;
        const responses = responsesFor(parsed.data.policy, credential);
        for (const severity of ['high', 'critical'] as const)
          expect(responses[severity].withoutKnownContext).toBe('deny-all');
        const overlaps = SEVERITIES.map((severity) => responses[severity].overlapSeconds);
        expect(overlaps).toEqual([...overlaps].sort((a, b) => b - a));
        const lanes = SEVERITIES.map((severity) => responses[severity].laneMaxPerMinute ?? Infinity);
        expect(lanes).toEqual([...lanes].sort((a, b) => b - a));
      }),
      { numRuns: 500 },
    );
  });
});
