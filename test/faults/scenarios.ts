import type { Credential } from '../../domain/credential';
import type { Assessment } from '../../domain/detection';
import { DEFAULT_ESCALATION } from '../../domain/escalation';
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
  /** Whether its pairs are run as well; the others give further paths to single faults. */
  readonly pairs?: true;
}

const DEFAULTS = { credential: sampleCredential(), hasProvider: true, trouble: {}, person: 'answers' } as const;

const of = (name: string, more: Partial<Scenario> = {}): Scenario => ({
  name,
  ...DEFAULTS,
  assessment: sampleAssessment(),
  ...more,
});

const weak = sampleAssessment({ families: ['origin'] });
const medium = sampleAssessment({ severity: 'medium', deterministic: true });
const separable = { credential: SEPARABLE } as const;

/** Every strategy, and every severity, outcome and trouble that gives another path through the saga. */
export const SCENARIOS: readonly Scenario[] = [
  of('inseparable-high', { pairs: true }),
  of('separable-high', { ...separable, pairs: true }),
  of('separable-medium', { ...separable, assessment: medium, pairs: true }),
  of('separable-critical', { ...separable, assessment: sampleAssessment({ severity: 'critical' }) }),
  of('asked-before-revoke', { assessment: weak, pairs: true }),
  of('handed-over', { hasProvider: false }),
  of('break-glass', { credential: sampleCredential({ protection: 'break-glass' }) }),
  of('asked-before-containing', { assessment: { ...medium, deterministic: false } }),
  of('never-moves-high', { ...separable, trouble: { neverMoves: 'billing' } }),
  of('never-moves-medium', { ...separable, assessment: medium, trouble: { neverMoves: 'billing' } }),
  of('refuses-move-medium', { ...separable, assessment: medium, trouble: { refusesMove: 'billing' } }),
  of('budget-spent', { trouble: { budgetSpent: true } }),
  of('first-value-rejected', { trouble: { rejectsFirstValue: true } }),
  of('still-alive', { trouble: { revokeIsNoRevoke: true } }),
  of('graver-evidence', {
    ...separable,
    assessment: medium,
    outside: { when: 'createReplacement:create.1#1', does: 'graver-evidence' },
  }),
  of('cancelled', { ...separable, outside: { when: 'moveDependent:move.billing#1', does: 'cancel' } }),
  of('simulated', { simulated: true }),
];

const SILENT = '-nobody';

/** The same, and nobody answers. It differs from the other only where somebody is asked. */
export function withNobody(scenario: Scenario): Scenario {
  const isSilent = scenario.name.endsWith(SILENT);
  return { ...scenario, name: isSilent ? scenario.name : `${scenario.name}${SILENT}`, person: 'nobody' };
}

/** @throws when there is none of this name */
export function scenarioNamed(name: string): Scenario {
  const bare = name.endsWith(SILENT) ? name.slice(0, -SILENT.length) : name;
  const scenario = SCENARIOS.find((one) => one.name === bare);
  if (!scenario) throw new Error(`no scenario ${name}; there are ${SCENARIOS.map((one) => one.name).join(', ')}`);
  return bare === name ? scenario : withNobody(scenario);
}

/** How long everything takes: dependents that move, and people who do not answer. In seconds. */
export interface Pace {
  readonly overlap: Readonly<Record<Assessment['severity'], number>>;
  readonly remindEvery: number;
  /** What is not contained before somebody was asked is contained after this silence. */
  readonly containAfter: number;
  /** An incident that nobody answers is closed after this. */
  readonly closeAfter: number;
  /** After this a run that still waits has shown that it does. */
  readonly patience: number;
}

/** With the product's own time limits, in virtual time. Reminders come seldom, so that a run in which nobody answers stays short. */
export const PRODUCT_PACE: Pace = {
  overlap: { critical: 60, high: 120, medium: 240, low: 480 },
  remindEvery: 21_600,
  containAfter: 1_800,
  closeAfter: 43_200,
  patience: 54_000,
};

/**
 * With the short limits (short-time-limits.ts), for the server, where everything ends in real time (server-lane.ts). As with the product's,
 * a step that fails is tried again once before silence closes the incident, even if the step and the page each took a whole call of
 * 0.9 s: the first silence ends after 3 to 4.8 s, the second after 6 s at the earliest.
 */
export const SHORT_PACE: Pace = {
  overlap: { critical: 2, high: 3, medium: 3, low: 3 },
  remindEvery: 3,
  containAfter: 1,
  closeAfter: 5.4,
  patience: 16,
};

/** What starts the incident of a scenario. */
export function inputOf({ assessment, simulated, person }: Scenario, credentialId: string, pace: Pace): IncidentInput {
  // Where somebody answers, that must come before silence does, on a busy machine too.
  const silence = person === 'answers' ? PRODUCT_PACE : pace;
  const { severities } = DEFAULT_POLICY;
  const paced = (severity: Assessment['severity']): Policy['severities']['high'] => ({
    ...severities[severity],
    overlapSeconds: pace.overlap[severity],
  });
  return {
    credentialId,
    version: 1,
    assessment,
    policy: {
      ...DEFAULT_POLICY,
      escalateEverySeconds: silence.remindEvery,
      escalation: {
        ...DEFAULT_ESCALATION,
        onSilence: {
          ...DEFAULT_ESCALATION.onSilence,
          contain: { afterSeconds: silence.containAfter },
          closeAfterSeconds: silence.closeAfter,
        },
      },
      // What is looked at after the end is no part of the plan.
      watchSeconds: 0,
      severities: { critical: paced('critical'), high: paced('high'), medium: paced('medium'), low: paced('low') },
    },
    startedBy: 'detector',
    ...(simulated ? { simulated } : {}),
  };
}
