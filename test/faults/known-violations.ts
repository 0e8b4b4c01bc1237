import type { Violation } from './unit-result';

interface Known {
  readonly case: RegExp;
  readonly what: RegExp;
  readonly why: string;
}

/** What the enumeration has found in the product and is not mended yet. They count as violations; `npm test` fails only on others. */
export const KNOWN_VIOLATIONS: readonly Known[] = [
  {
    case: /recordContainment:\S+=refused/,
    what: /failed half-way|nobody was told|not on record|works at the provider/,
    why: 'a refusal of recordContainment fails the whole incident: contained, and nobody is asked',
  },
  {
    case: /closeAudit:\S+=refused/,
    what: /failed half-way/,
    why: 'a refusal of closeAudit fails an incident that has recovered, and nobody is asked',
  },
  {
    case: /^first-value-rejected/,
    what: /version \d+ works at the provider \(inventory: pending\)/,
    why: 'a replacement whose first value was rejected is not discarded when the second is taken',
  },
  {
    case: /discardReplacement|restoreDependent/,
    what: /^(on the server: )?contained-and-rolled-back: /,
    why: 'the outcome forgets an earlier rotation that was not undone, when a later one was',
  },
  {
    case: /^never-moves-medium/,
    what: /server and simulator differ/,
    why: 'whether a dependent that did not move in time is missing or ends the rotation depends on when its last attempt is given up',
  },
  {
    case: /^cancelled.*(discardReplacement|restoreDependent)/,
    what: /works at the provider \(inventory: live\)/,
    why: 'an undo that fails in a cancelled rotation is told to nobody',
  },
];

/** Why it is known, where it is. */
export function knownReason({ case: name, what }: Violation): string | undefined {
  return KNOWN_VIOLATIONS.find((known) => known.case.test(name) && known.what.test(what))?.why;
}
