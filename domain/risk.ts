/**
 * From what on evidence is taken for what. Chances lie between 0 and 1. Of what several families say together, each is one independent witness: 1 − (1 − a)(1 − b).
 */
export interface RiskThresholds {
  /** After so long evidence weighs half. */
  readonly halfLifeMinutes: number;
  /** A family that has decayed below this is no witness any more. */
  readonly leastWitness: number;
  /** Medium from here, whoever says it: a single family never makes more. */
  readonly strong: number;
  /** High from here, where two families or more say it. */
  readonly confident: number;
  /** Critical from here, where it is high and an accused use has written or administered. */
  readonly harmful: number;
}

export const DEFAULT_RISK: RiskThresholds = {
  /** Half-life 1 h, act at 0.8: reference/detection.md 1.2, "Risk". */
  halfLifeMinutes: 60,
  leastWitness: 0.2,
  /** A single family is strong from here: design.md, "Severity and strategy", one weak detector is medium at most. */
  strong: 0.7,
  confident: 0.8,
  /** "Confident" of active abuse with write or admin: between acting (0.8) and paging at night (0.95). */
  harmful: 0.9,
};

/** Fields, gravest last, each of which may not be less than the one before it. */
const RISING = ['leastWitness', 'strong', 'confident', 'harmful'] as const;

/** What thresholds may not say, and of which field: graver is never easier to reach. */
export function riskFaults(
  risk: RiskThresholds,
): readonly { readonly field: keyof RiskThresholds; readonly fault: string }[] {
  return RISING.flatMap((field, index) => {
    const lower = RISING[index - 1];
    return lower && risk[field] < risk[lower]
      ? [{ field, fault: `is below ${lower}: graver must not be easier to reach` }]
      : [];
  });
}

export function isSameRisk(one: RiskThresholds, other: RiskThresholds): boolean {
  return (Object.keys(DEFAULT_RISK) as (keyof RiskThresholds)[]).every((field) => one[field] === other[field]);
}
