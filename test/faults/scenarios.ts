import { sampleAssessment, sampleCredential, SEPARABLE } from '../support/fake-activities';
import { BEGINS_ANEW, CANCELS, endsRotation, givesMoreTime, GRAVER_EVIDENCE, saysNothingLeaked } from './outside';
import { findScenario, scenario, type Scenario } from './scenario';

const weak = sampleAssessment({ families: ['origin'] });
const medium = sampleAssessment({ severity: 'medium', deterministic: true });
const separable = { credential: SEPARABLE } as const;
const separableMedium = { ...separable, assessment: medium } as const;

const ANA = 'ana@example.com';
const BEN = 'ben@example.com';

/** Every strategy, and every severity, outcome and trouble that gives another path through the saga. */
const INCIDENTS: readonly Scenario[] = [
  scenario('inseparable-high', { pairs: true }),
  scenario('separable-high', { ...separable, pairs: true }),
  scenario('separable-medium', { ...separableMedium, pairs: true }),
  scenario('separable-critical', { ...separable, assessment: sampleAssessment({ severity: 'critical' }) }),
  scenario('asked-before-revoke', { assessment: weak, pairs: true }),
  scenario('handed-over', { hasProvider: false }),
  scenario('break-glass', { credential: sampleCredential({ protection: 'break-glass' }) }),
  scenario('asked-before-containing', { assessment: { ...medium, deterministic: false } }),
  scenario('never-moves-high', { ...separable, trouble: { neverMoves: 'billing' } }),
  scenario('never-moves-medium', { ...separableMedium, trouble: { neverMoves: 'billing' } }),
  scenario('refuses-move-medium', { ...separableMedium, trouble: { refusesMove: 'billing' } }),
  scenario('budget-spent', { trouble: { budgetSpent: true } }),
  scenario('first-value-rejected', { trouble: { rejectsFirstValue: true } }),
  scenario('still-alive', { trouble: { revokeIsNoRevoke: true } }),
  scenario('replacement-breaks', { ...separable, trouble: { replacementsBreak: 1 } }),
  scenario('replacements-break', { trouble: { replacementsBreak: 3 } }),
  scenario('simulated', { simulated: true }),
  scenario('opened-again', { past: 'ended-and-works-again' }),
  scenario('begun-again', { past: 'replaced' }),
  scenario('begun-again-medium', { past: 'replaced', assessment: medium, trouble: { refusesMove: 'billing' } }),
  scenario('begun-again-and-breaks', { past: 'replaced', trouble: { replacementsBreak: 1 } }),
  scenario('unproven', { past: 'unproven' }),
  scenario('issued-by-person', { issuedByPerson: true, pairs: true }),
  scenario('issued-by-person-weak', { issuedByPerson: true, assessment: weak }),
  scenario('issued-by-person-and-breaks', { issuedByPerson: true, trouble: { replacementsBreak: 1 } }),
  scenario('issued-by-person-still-alive', { issuedByPerson: true, trouble: { revokeIsNoRevoke: true } }),
];

/** The page that asks the first question. */
const ASKED = 'notifyAudience:notify.person-needed.1.security#1';
const MOVING_CHECKOUT = 'moveDependent:move.checkout#1';

/** Where evidence or a person changes the course. */
const STEERED: readonly Scenario[] = [
  scenario('graver-evidence', {
    ...separableMedium,
    outside: [{ when: 'createReplacement:create.1#1', deeds: [GRAVER_EVIDENCE] }],
  }),
  scenario('cancelled', { ...separable, outside: [{ when: 'moveDependent:move.billing#1', deeds: [CANCELS] }] }),
  scenario('false-positive-before-containing', {
    assessment: { ...medium, deterministic: false },
    outside: [{ when: ASKED, deeds: [saysNothingLeaked(ANA)] }],
  }),
  // Billing has moved by then, and is sent back.
  scenario('false-positive-while-moving', {
    ...separableMedium,
    trouble: { neverMoves: 'checkout' },
    outside: [{ when: MOVING_CHECKOUT, deeds: [saysNothingLeaked(ANA)] }],
  }),
  // The replacement is in use by then, and lives beside it.
  scenario('false-positive-before-revoke', {
    assessment: weak,
    outside: [{ when: ASKED, deeds: [saysNothingLeaked(ANA)] }],
  }),
  scenario('false-positive-handed-over', {
    hasProvider: false,
    outside: [{ when: ASKED, deeds: [saysNothingLeaked(ANA)] }],
  }),
  scenario('false-positive-rolled-back', {
    ...separableMedium,
    trouble: { refusesMove: 'checkout' },
    outside: [{ when: ASKED, deeds: [saysNothingLeaked(ANA)] }],
  }),
  scenario('false-positive-opened-again', {
    ...separable,
    past: 'ended-and-works-again',
    outside: [{ when: 'confirmInForce:confirm#1', deeds: [saysNothingLeaked(ANA)] }],
  }),
  scenario('more-time-medium', {
    ...separableMedium,
    trouble: { neverMoves: 'checkout' },
    outside: [{ when: MOVING_CHECKOUT, deeds: [givesMoreTime(ANA)] }],
  }),
  scenario('more-time-high', {
    ...separable,
    trouble: { neverMoves: 'checkout' },
    outside: [{ when: MOVING_CHECKOUT, deeds: [givesMoreTime(ANA), givesMoreTime(BEN)] }],
  }),
  // The same person twice is not two people.
  scenario('more-time-refused', {
    ...separable,
    trouble: { neverMoves: 'checkout' },
    outside: [{ when: MOVING_CHECKOUT, deeds: [givesMoreTime(ANA), givesMoreTime(ANA)] }],
  }),
  // A person has been asked for another one, and it is ended meanwhile.
  scenario('issued-by-person-and-graver', {
    issuedByPerson: true,
    assessment: weak,
    outside: [{ when: ASKED, deeds: [GRAVER_EVIDENCE] }],
  }),
  scenario('graver-and-cancelled', {
    ...separableMedium,
    outside: [{ when: 'moveDependent:move.billing#1', deeds: [GRAVER_EVIDENCE, CANCELS] }],
  }),
];

/** Where somebody ends a rotation by itself, or its incident and begins it again. */
const ENDED: readonly Scenario[] = [
  scenario('rotation-cancelled', {
    notOnServer: true,
    ...separable,
    trouble: { neverMoves: 'checkout' },
    outside: [{ when: MOVING_CHECKOUT, deeds: [endsRotation('cancel')] }],
  }),
  scenario('rotation-terminated', {
    notOnServer: true,
    ...separable,
    trouble: { neverMoves: 'checkout' },
    outside: [{ when: MOVING_CHECKOUT, deeds: [endsRotation('terminate')] }],
  }),
  scenario('rotation-terminated-as-it-mints', {
    notOnServer: true,
    ...separableMedium,
    outside: [{ when: 'createReplacement:create.1#1', deeds: [endsRotation('terminate')] }],
  }),
  // The new one must wait until the old one has sent everybody back.
  scenario('begun-anew-while-moving', {
    notOnServer: true,
    ...separable,
    trouble: { neverMoves: 'checkout' },
    outside: [{ when: MOVING_CHECKOUT, deeds: [BEGINS_ANEW] }],
  }),
  scenario('begun-anew-in-second-rotation', {
    notOnServer: true,
    ...separableMedium,
    trouble: { refusesMove: 'checkout' },
    outside: [{ when: 'createReplacement:create.1#2', deeds: [BEGINS_ANEW] }],
  }),
];

/** What comes at no matter which moment. */
const ANYWHERE: readonly Scenario[] = [
  scenario('false-positive', { ...separableMedium, anywhere: [saysNothingLeaked(ANA)] }),
  scenario('false-positive-to-all', { assessment: weak, anywhere: [saysNothingLeaked(ANA)] }),
  scenario('false-positive-and-graver', { ...separableMedium, anywhere: [saysNothingLeaked(ANA), GRAVER_EVIDENCE] }),
  scenario('graver-and-cancel', { ...separableMedium, anywhere: [GRAVER_EVIDENCE, CANCELS] }),
  scenario('cancel', { anywhere: [CANCELS] }),
  scenario('issued-by-person-cancel', { issuedByPerson: true, anywhere: [CANCELS] }),
  scenario('cancel-rotation', { notOnServer: true, ...separableMedium, anywhere: [endsRotation('cancel')] }),
  scenario('terminate-rotation', { notOnServer: true, ...separable, anywhere: [endsRotation('terminate')] }),
  scenario('begin-anew', { notOnServer: true, ...separable, anywhere: [BEGINS_ANEW] }),
];

/** What is beside the incident: the watch over a closed one, and the dry run of one. */
const BESIDE: readonly Scenario[] = [
  scenario('watch', { story: 'watchContainment', past: 'ended' }),
  scenario('watch-drift', { story: 'watchContainment', past: 'ended-and-works-again' }),
  scenario('watch-sees-nothing', { story: 'watchContainment', past: 'ended', trouble: { nothingIsSeen: true } }),
  scenario('rehearsal', { story: 'rehearseResponse', ...separable }),
  scenario('rehearsal-handed-over', { story: 'rehearseResponse', hasProvider: false }),
];

export const SCENARIOS: readonly Scenario[] = [...INCIDENTS, ...STEERED, ...ENDED, ...ANYWHERE, ...BESIDE];

export const ON_SERVER: readonly Scenario[] = SCENARIOS.filter(({ notOnServer }) => !notOnServer);

/** @throws when there is none of this name */
export function scenarioNamed(name: string): Scenario {
  const found = findScenario(SCENARIOS, name);
  if (!found) throw new Error(`no scenario ${name}; there are ${SCENARIOS.map((one) => one.name).join(', ')}`);
  return found;
}
