import type { Assessment } from './detection';
import { FAMILIES } from './families';
import { compareSeverity } from './severity';

/** Two assessments of the same subject as one: the gravest severity with its reason, and all witnesses. */
export function mergeAssessments(known: Assessment, added: Assessment): Assessment {
  const graver = compareSeverity(added.severity, known.severity) > 0 ? added : known;
  return {
    severity: graver.severity,
    reason: graver.reason,
    confidence: Math.max(known.confidence, added.confidence),
    families: FAMILIES.filter((family) => known.families.includes(family) || added.families.includes(family)),
    deterministic: known.deterministic || added.deterministic,
    firstAbuseAt: Math.min(known.firstAbuseAt, added.firstAbuseAt),
  };
}
