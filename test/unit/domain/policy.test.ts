import fc from 'fast-check';
import { DEFAULT_ESCALATION, type Escalation } from '../../../domain/escalation';
import {
  audiencesFor,
  DEFAULT_AUDIENCES,
  DEFAULT_POLICY,
  escalationFor,
  policyFaults,
  responsesFor,
  watchSecondsOf,
  type Policy,
} from '../../../domain/policy';
import { completePolicy } from '../../../domain/policy-schema';
import { SEVERITIES } from '../../../domain/severity';

const credential = { id: 'orders-db', provider: 'postgres-role', ownerTeam: 'payments', environment: 'staging' };

/** A ladder whose steps come after so many seconds each. */
const steps = (...after: number[]) => ({
  escalation: { steps: after.map((afterSeconds) => ({ tell: ['security'], afterSeconds })) },
});

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

describe('the ladder of a credential', () => {
  const ladder = (name: string): Escalation => ({ ...DEFAULT_ESCALATION, steps: [{ tell: [name], afterSeconds: 0 }] });
  const [own, ofTeam, ofProvider, ofOthers] = [ladder('own'), ladder('team'), ladder('provider'), ladder('others')];

  it('is the policy’s own where no override has one that concerns it', () => {
    const severities = { high: { overlapSeconds: 1 } };
    const policy: Policy = {
      ...DEFAULT_POLICY,
      escalation: own,
      overrides: [
        { when: { ownerTeam: 'search' }, severities, escalation: ofOthers },
        { when: { ownerTeam: 'payments' }, severities },
      ],
    };

    expect(escalationFor(policy, credential)).toBe(own);
  });

  it('is the last override’s that concerns it and has one', () => {
    const policy = withOverrides(
      { when: { ownerTeam: 'payments' }, severities: {}, escalation: ofTeam },
      { when: { provider: 'postgres-role' }, severities: {}, escalation: ofProvider },
      { when: { credential: 'orders-db' }, severities: { low: { revoke: 'never' } } },
      { when: { provider: 'postgres-role', environment: 'production' }, severities: {}, escalation: ofOthers },
    );

    expect(escalationFor(policy, credential)).toBe(ofProvider);
    expect(escalationFor(policy, { ...credential, provider: 'api-token' })).toBe(ofTeam);
  });

  it('asks the standard audiences in incidents from before there were ladders, watches and audiences', () => {
    const { escalation: _ladder, audiences: _audiences, watchSeconds: _watch, ...older } = DEFAULT_POLICY;

    expect(escalationFor(older, credential)).toBe(DEFAULT_ESCALATION);
    expect(audiencesFor(older, 'contained')).toEqual(['engineering', 'security', 'product']);
    expect(watchSecondsOf(older)).toBe(0);
  });
});

describe('a policy file', () => {
  it('keeps what it does not say of a ladder and of the audiences', () => {
    const steps = [{ tell: ['on-call'], afterSeconds: 0 }];
    const { policy } = completePolicy.parse({
      version: 1,
      escalation: { steps, onSilence: { contain: 'wait' } },
      audiences: { contained: ['security'] },
      overrides: [{ when: { ownerTeam: 'payments' }, escalation: { steps } }],
    });

    expect(policy.escalation).toEqual({ steps, onSilence: { ...DEFAULT_ESCALATION.onSilence, contain: 'wait' } });
    expect(policy.overrides?.[0]?.escalation).toEqual({ steps, onSilence: DEFAULT_ESCALATION.onSilence });
    expect(audiencesFor(policy, 'contained')).toEqual(['security']);
    expect(audiencesFor(policy, 'resolved')).toEqual(DEFAULT_AUDIENCES.resolved);
  });

  it('may name more than one step, and let evidence weigh less where an incident still starts', () => {
    const steps = [
      { tell: ['a'], afterSeconds: 0 },
      { tell: ['b'], afterSeconds: 60 },
    ];
    const file = { version: 1, escalation: { steps }, severityMapping: [{ when: {}, atMost: 'medium' }] };

    expect(completePolicy.safeParse(file).success).toBe(true);
    const hygiene = { version: 1, incidentFrom: 'low', severityMapping: [{ when: {}, atMost: 'low' }] };
    expect(completePolicy.safeParse(hygiene).success).toBe(true);
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
    [steps(5), 'escalation.steps.0.afterSeconds'],
    [steps(0, 60, 60), 'escalation.steps.2.afterSeconds'],
    [steps(0, 60, 30), 'escalation.steps.2.afterSeconds'],
    [steps(), 'escalation.steps'],
    [{ escalation: { steps: [{ tell: [], afterSeconds: 0 }] } }, 'escalation.steps.0.tell'],
    [
      { escalation: { ...steps(0, 3_600).escalation, onSilence: { closeAfterSeconds: 3_600 } } },
      'escalation.steps.1.afterSeconds',
    ],
    [{ escalation: { ...steps(0).escalation, onSilence: { failedStep: 'skip' } } }, 'escalation.onSilence.failedStep'],
    [{ overrides: [{ when: { provider: 'x' }, ...steps(0, 9, 8) }] }, 'overrides.0.escalation.steps.2.afterSeconds'],
    [
      {
        severityMapping: [
          { when: {}, atLeast: 'low' },
          { when: {}, atMost: 'low' },
        ],
      },
      'severityMapping.1.atMost',
    ],
    [{ incidentFrom: 'high', severityMapping: [{ when: {}, atMost: 'medium' }] }, 'severityMapping.0.atMost'],
    [{ severityMapping: [{ when: {}, atLeast: 'critical', atMost: 'high' }] }, 'severityMapping.0.atMost'],
    [{ severityMapping: [{ when: { family: 'psychic' }, atLeast: 'high' }] }, 'severityMapping.0.when.family'],
    [{ severityMapping: [{ when: {} }] }, 'severityMapping.0'],
    [{ risk: { confident: 0.65 } }, 'risk.confident'],
    [{ risk: { strong: 0.85 } }, 'risk.confident'],
    [{ risk: { confident: 0.95 } }, 'risk.harmful'],
    [{ risk: { leastWitness: 0 } }, 'risk.leastWitness'],
    [{ risk: { leastWitness: 0.3 } }, 'risk.leastWitness'],
    [{ risk: { strong: 1 } }, 'risk.strong'],
    [{ risk: { halfLifeMinutes: 0.5 } }, 'risk.halfLifeMinutes'],
    [{ risk: { halfLife: 60 } }, 'risk'],
    [{ audiences: { contained: [] } }, 'audiences.contained'],
    [{ audiences: { closed: ['security'] } }, 'audiences'],
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
