import type { RuleMatch } from '../domain/usage-event';

/**
 * What a rule's level is worth, in the order of the Sigma specification: "high" should be looked at soon and "critical" at once, "medium"
 * is to be reviewed, "low" is notable only with others. A strong single witness begins at 0.7 (assess.ts).
 */
export const RULE_WEIGHTS = {
  critical: 0.9,
  high: 0.75,
  medium: 0.5,
  low: 0.3,
  informational: 0,
  /** A rule that counts only in a burst says as much as one of level "high" then, unless it has a level of its own. */
  burst: 0.75,
} as const;

export function weightOf({ level, burst }: RuleMatch): number {
  return burst !== undefined && level === 'informational' ? RULE_WEIGHTS.burst : RULE_WEIGHTS[level];
}
