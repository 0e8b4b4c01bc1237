import fc from 'fast-check';
import { FAMILIES } from '../../../domain/families';
import { DEFAULT_POLICY, type Described } from '../../../domain/policy';
import { weighed, type SeverityRule } from '../../../domain/severity-mapping';
import { atLeast, SEVERITIES, type Severity } from '../../../domain/severity';
import { sampleAssessment } from '../../support/fake-activities';

const ORDERS = { id: 'orders-db', provider: 'postgres-role', ownerTeam: 'payments', environment: 'staging' };

function severityUnder(
  severityMapping: readonly SeverityRule[],
  severity: Severity,
  { deterministic = false, credential = ORDERS }: { deterministic?: boolean; credential?: Described } = {},
): Severity {
  const assessment = sampleAssessment({ severity, deterministic, families: ['origin', 'volume'] });
  return weighed({ ...DEFAULT_POLICY, severityMapping }, assessment, credential).severity;
}

describe('what evidence weighs', () => {
  it('is what the detectors say where no rule concerns it, and the same object', () => {
    const assessment = sampleAssessment();

    expect(weighed(DEFAULT_POLICY, assessment, ORDERS)).toBe(assessment);
    expect(weighed({ ...DEFAULT_POLICY, severityMapping: [{ when: {}, atLeast: 'low' }] }, assessment, ORDERS)).toBe(
      assessment,
    );
  });

  it('changes the severity and nothing else', () => {
    const assessment = sampleAssessment({ severity: 'medium' });
    const severityMapping = [{ when: {}, atLeast: 'critical' as const }];

    expect(weighed({ ...DEFAULT_POLICY, severityMapping }, assessment, ORDERS)).toEqual({
      ...assessment,
      severity: 'critical',
    });
  });

  it.each([
    [{ provider: 'postgres-role', ownerTeam: 'payments' }, 'critical'],
    [{ provider: 'postgres-role', ownerTeam: 'search' }, 'medium'],
    [{ credential: 'orders-db' }, 'critical'],
    [{ credential: 'reports-db' }, 'medium'],
    [{ environment: 'production' }, 'medium'],
    [{ family: 'volume' }, 'critical'],
    [{ family: 'travel' }, 'medium'],
    [{ family: 'volume', ownerTeam: 'search' }, 'medium'],
  ] as const)('under a rule for %j is %s: all that it names must fit', (when, severity) => {
    expect(severityUnder([{ when, atLeast: 'critical' }], 'medium')).toBe(severity);
  });

  it('follows the later of two rules that contradict each other', () => {
    const [up, down] = [
      { when: {}, atLeast: 'critical' },
      { when: {}, atMost: 'medium' },
    ] as const;

    expect(severityUnder([up, down], 'high')).toBe('medium');
    expect(severityUnder([down, up], 'high')).toBe('critical');
  });

  it('of a fact stays at high or above, whatever a rule says; what was less is not raised by that', () => {
    const down = [{ when: {}, atMost: 'medium' as const }];

    expect(SEVERITIES.map((severity) => severityUnder(down, severity, { deterministic: true }))).toEqual([
      'low',
      'medium',
      'high',
      'high',
    ]);
  });

  it('takes a credential without an environment for one of production', () => {
    const { environment: _unsaid, ...credential } = ORDERS;

    expect(severityUnder([{ when: { environment: 'production' }, atLeast: 'critical' }], 'low', { credential })).toBe(
      'critical',
    );
  });

  it('never takes a fact at high or above below high, and stays within the last rule that concerns it', () => {
    const severity = fc.constantFrom(...SEVERITIES);
    const rule: fc.Arbitrary<SeverityRule> = fc.oneof(
      fc.record({ when: fc.record({ family: fc.constantFrom(...FAMILIES) }), atLeast: severity }),
      fc.record({ when: fc.constant({}), atMost: severity }),
    );
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 5 }), severity, fc.boolean(), (rules, said, deterministic) => {
        const result = severityUnder(rules, said, { deterministic });
        const last = rules.at(-1);

        if (deterministic && atLeast(said, 'high')) expect(atLeast(result, 'high')).toBe(true);
        if (!deterministic && last?.atMost) expect(atLeast(last.atMost, result)).toBe(true);
        if (last?.atLeast && last.when.family === 'origin') expect(atLeast(result, last.atLeast)).toBe(true);
      }),
    );
  });
});
