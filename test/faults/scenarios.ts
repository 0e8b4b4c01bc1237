import type { Credential } from '../../domain/credential';
import type { Assessment } from '../../domain/detection';
import { DEFAULT_POLICY, type Policy } from '../../domain/policy';
import type { IncidentInput } from '../../workflows/messages';
import { sampleAssessment, sampleCredential, SEPARABLE } from '../support/fake-activities';
import type { Trouble } from './world/world';

/** What somebody does from outside when a call is first made. */
export type Outside = 'graver-evidence' | 'cancel';

/** One way an incident can go before anything fails: what leaked, what is wrong outside, and whether anybody answers. */
export interface Scenario {
  readonly name: string;
  readonly credential: Credential;
  readonly hasProvider: boolean;
  readonly trouble: Trouble;
  readonly assessment: Assessment;
  /** Whether the person who is paged mends what is wrong and answers, or nobody does. */
  readonly person: 'answers' | 'nobody';
  readonly outside?: { readonly when: string; readonly does: Outside };
  readonly simulated?: true;
}

const DEFAULTS = { credential: sampleCredential(), hasProvider: true, trouble: {}, person: 'answers' } as const;

const of = (name: string, more: Partial<Scenario> = {}): Scenario => ({
  name,
  ...DEFAULTS,
  assessment: sampleAssessment(),
  ...more,
});

const nobody = (scenario: Scenario): Scenario => ({ ...scenario, name: `${scenario.name}-nobody`, person: 'nobody' });

const weak = sampleAssessment({ families: ['origin'] });
const medium = sampleAssessment({ severity: 'medium', deterministic: true });
const separable = { credential: SEPARABLE } as const;

const INSEPARABLE_HIGH = of('inseparable-high');
const SEPARABLE_HIGH = of('separable-high', separable);
const SEPARABLE_MEDIUM = of('separable-medium', { ...separable, assessment: medium });
const WEAK = of('asked-before-revoke', { assessment: weak });
const HANDED_OVER = of('handed-over', { hasProvider: false });
const BREAK_GLASS = of('break-glass', { credential: sampleCredential({ protection: 'break-glass' }) });
const UNKNOWN_CONTEXTS = of('asked-before-containing', { assessment: { ...medium, deterministic: false } });
const NEVER_MOVES_MEDIUM = of('never-moves-medium', {
  ...separable,
  assessment: medium,
  trouble: { neverMoves: 'billing' },
});
const STILL_ALIVE = of('still-alive', { trouble: { revokeIsNoRevoke: true } });

/** Every strategy, and every severity, outcome and trouble that gives another path through the saga. */
export const SCENARIOS: readonly Scenario[] = [
  INSEPARABLE_HIGH,
  nobody(INSEPARABLE_HIGH),
  SEPARABLE_HIGH,
  nobody(SEPARABLE_HIGH),
  SEPARABLE_MEDIUM,
  nobody(SEPARABLE_MEDIUM),
  of('separable-critical', { ...separable, assessment: sampleAssessment({ severity: 'critical' }) }),
  WEAK,
  nobody(WEAK),
  HANDED_OVER,
  nobody(HANDED_OVER),
  BREAK_GLASS,
  nobody(BREAK_GLASS),
  UNKNOWN_CONTEXTS,
  of('never-moves-high', { ...separable, trouble: { neverMoves: 'billing' } }),
  NEVER_MOVES_MEDIUM,
  nobody(NEVER_MOVES_MEDIUM),
  of('refuses-move-medium', { ...separable, assessment: medium, trouble: { refusesMove: 'billing' } }),
  of('budget-spent', { trouble: { budgetSpent: true } }),
  of('first-value-rejected', { trouble: { rejectsFirstValue: true } }),
  STILL_ALIVE,
  nobody(STILL_ALIVE),
  of('graver-evidence', {
    ...separable,
    assessment: medium,
    outside: { when: 'createReplacement:create.1#1', does: 'graver-evidence' },
  }),
  of('cancelled', { ...separable, outside: { when: 'moveDependent:move.billing#1', does: 'cancel' } }),
  of('simulated', { simulated: true }),
];

/** Dependents have so long, in seconds; reminders come seldom, so that a run in which nobody answers stays short. */
export interface Pace {
  readonly overlapSeconds: Readonly<Record<Assessment['severity'], number>>;
  readonly escalateEverySeconds: number;
}

/** With the product's own time limits, in virtual time. */
export const PRODUCT_PACE: Pace = {
  overlapSeconds: { critical: 60, high: 120, medium: 240, low: 480 },
  escalateEverySeconds: 21_600,
};

/** With the short limits (short-time-limits.ts): moves must end in real time on the server. */
export const SHORT_PACE: Pace = {
  overlapSeconds: { critical: 2, high: 3, medium: 3, low: 3 },
  escalateEverySeconds: 21_600,
};

/** What starts the incident of a scenario. */
export function inputOf({ assessment, simulated }: Scenario, credentialId: string, pace: Pace): IncidentInput {
  const { severities } = DEFAULT_POLICY;
  const paced = (severity: Assessment['severity']): Policy['severities']['high'] => ({
    ...severities[severity],
    overlapSeconds: pace.overlapSeconds[severity],
  });
  return {
    credentialId,
    version: 1,
    assessment,
    policy: {
      ...DEFAULT_POLICY,
      escalateEverySeconds: pace.escalateEverySeconds,
      severities: { critical: paced('critical'), high: paced('high'), medium: paced('medium'), low: paced('low') },
    },
    startedBy: 'detector',
    ...(simulated ? { simulated } : {}),
  };
}
