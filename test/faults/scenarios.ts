import type { Credential } from '../../domain/credential';
import type { Assessment } from '../../domain/detection';
import { sampleAssessment, sampleCredential, SEPARABLE } from '../support/fake-activities';
import { BEGIN_AGAIN, CANCEL, EXTENSION, FALSE_POSITIVE, GRAVER_EVIDENCE, signed, type Deed } from './deeds';
import type { Before, Trouble } from './world/world';

/** One way an incident can go before anything fails: what leaked, what is wrong outside, and whether anybody answers. */
export interface Scenario {
  readonly name: string;
  readonly credential: Credential;
  readonly hasProvider: boolean;
  readonly trouble: Trouble;
  readonly assessment: Assessment;
  /** Whether the person who is paged mends what is wrong and answers, or nobody does. */
  readonly person: 'answers' | 'nobody';
  /** What they say where they are asked to go on. */
  readonly says?: 'nothing leaked';
  /** What somebody does from outside when a call is first made, in this order. */
  readonly outside?: { readonly when: string; readonly does: readonly Deed[] };
  /** The version was ended by an earlier incident. */
  readonly before?: Before;
  readonly simulated?: true;
  /** By default the incident itself. */
  readonly workflow?: 'watchContainment' | 'rehearseResponse';
  /** It turns on what comes first within milliseconds, or takes hours: both are in the simulator's hand alone. */
  readonly simulatorOnly?: true;
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
    outside: { when: 'createReplacement:create.1#1', does: [GRAVER_EVIDENCE] },
  }),
  of('cancelled', { ...separable, outside: { when: 'moveDependent:move.billing#1', does: [CANCEL] } }),
  of('graver-evidence-and-cancelled', {
    ...separable,
    assessment: medium,
    simulatorOnly: true,
    outside: { when: 'createReplacement:create.1#1', does: [GRAVER_EVIDENCE, CANCEL] },
  }),
  of('simulated', { simulated: true }),
  of('first-replacement-breaks', { trouble: { firstReplacementBreaks: true } }),
  of('works-again', { before: 'works-again' }),
  of('unproven', { before: 'unproven' }),
  of('begun-again', { before: 'replaced' }),
  of('begun-again-medium', { before: 'replaced', assessment: medium, trouble: { refusesMove: 'billing' } }),
  of('begun-again-while-moving', {
    ...separable,
    assessment: medium,
    simulatorOnly: true,
    outside: { when: 'moveDependent:move.billing#1', does: [BEGIN_AGAIN] },
  }),
  of('begun-again-and-breaks', { before: 'replaced', trouble: { firstReplacementBreaks: true } }),
  of('false-positive-before-containing', { assessment: { ...medium, deterministic: false }, says: 'nothing leaked' }),
  of('false-positive-before-revoke', { assessment: weak, says: 'nothing leaked' }),
  of('false-positive-handed-over', { hasProvider: false, says: 'nothing leaked' }),
  of('false-positive-while-moving', {
    ...separable,
    assessment: medium,
    simulatorOnly: true,
    trouble: { neverMoves: 'billing' },
    outside: { when: 'moveDependent:move.billing#1', does: [FALSE_POSITIVE] },
  }),
  of('evidence-after-false-positive', {
    assessment: weak,
    says: 'nothing leaked',
    outside: { when: 'liftContainment:lift#1', does: [GRAVER_EVIDENCE] },
  }),
  of('extended-high', {
    ...separable,
    simulatorOnly: true,
    trouble: { neverMoves: 'billing' },
    outside: { when: 'moveDependent:move.billing#1', does: EXTENSION },
  }),
  of('extended-medium', {
    ...separable,
    assessment: medium,
    simulatorOnly: true,
    trouble: { neverMoves: 'billing' },
    outside: { when: 'moveDependent:move.billing#1', does: EXTENSION },
  }),
  of('extended-and-graver', {
    ...separable,
    assessment: medium,
    simulatorOnly: true,
    trouble: { neverMoves: 'billing' },
    outside: { when: 'moveDependent:move.billing#1', does: [...EXTENSION, GRAVER_EVIDENCE] },
  }),
  of('lowered-and-evidence', {
    ...separable,
    simulatorOnly: true,
    outside: {
      when: 'createReplacement:create.1#1',
      does: [signed('lowerSeverity', { severity: 'medium' }), GRAVER_EVIDENCE],
    },
  }),
  of('abuse-in-exercise', {
    simulated: true,
    outside: { when: 'createReplacement:create.1#1', does: [GRAVER_EVIDENCE] },
  }),
  of('watched', { before: 'unproven', workflow: 'watchContainment', simulatorOnly: true }),
  of('watched-and-drifts', {
    before: 'unproven',
    workflow: 'watchContainment',
    simulatorOnly: true,
    trouble: { worksAgainAtLook: 2 },
  }),
  of('watched-and-unseen', {
    before: 'unproven',
    workflow: 'watchContainment',
    simulatorOnly: true,
    trouble: { looksTellNothing: true },
  }),
  of('rehearsed', { ...separable, workflow: 'rehearseResponse', simulatorOnly: true }),
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
