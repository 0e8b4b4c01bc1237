import type { Assessment, DetectionMessage } from './detection';
import { joinEventIds, MOST_EVENT_IDS } from './event-ids';
import { FAMILIES } from './families';
import { compareSeverity } from './severity';

/** Two assessments of the same subject as one: the gravest severity with its reason, and all witnesses and events. */
export function mergeAssessments(known: Assessment, added: Assessment): Assessment {
  const graver = compareSeverity(added.severity, known.severity) > 0 ? added : known;
  // What an incident before this one knew is added to what began it, and came first all the same.
  const [earlier, later] = added.firstAbuseAt < known.firstAbuseAt ? [added, known] : [known, added];
  const gravestEventId = graver.gravestEventId ?? graver.eventIds?.at(-1);
  const kept = gravestEventId === undefined ? [] : [gravestEventId];
  const eventIds = joinEventIds(earlier.eventIds ?? [], later.eventIds ?? [], MOST_EVENT_IDS, kept);
  return {
    severity: graver.severity,
    reason: graver.reason,
    confidence: Math.max(known.confidence, added.confidence),
    families: FAMILIES.filter((family) => known.families.includes(family) || added.families.includes(family)),
    deterministic: known.deterministic || added.deterministic,
    firstAbuseAt: Math.min(known.firstAbuseAt, added.firstAbuseAt),
    ...(eventIds.length > 0 ? { eventIds: [...eventIds] } : {}),
    ...(gravestEventId === undefined ? {} : { gravestEventId }),
  };
}

/** What a message says of its subject, with the events that its detection names. */
export function provenBy({ assessment, detection }: DetectionMessage): Assessment {
  return detection.eventIds.length > 0 ? { ...assessment, eventIds: detection.eventIds } : assessment;
}
