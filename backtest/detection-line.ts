import { recordIdOf, type Source } from '../detectors/sources/registry';
import type { DetectionMessage } from '../domain/detection';
import type { Severity } from '../domain/severity';
import { publicIdOf } from '../domain/subject';

/** One detection, as `tourniquet backtest --json` prints it: these keys, in this order. */
export interface DetectionLine {
  /** ISO 8601: the time of the event that completed the evidence. */
  readonly at: string;
  readonly detector: string;
  /** What all evidence against the credential adds up to by now: an incident goes by this, not by one detector's word. */
  readonly severity: Severity;
  readonly confidence: number;
  /** The public id alone, or the whole subject where there is none. */
  readonly credential: string;
  /** The record's id at its source. */
  readonly eventId: string;
  /** The detector's own finding. */
  readonly reason: string;
}

export function detectionLine(
  source: Source,
  { detection, assessment }: Omit<DetectionMessage, 'hold'>,
): DetectionLine {
  return {
    at: new Date(detection.at).toISOString(),
    detector: detection.detector,
    severity: assessment.severity,
    confidence: assessment.confidence,
    credential: publicIdOf(detection.subject),
    eventId: recordIdOf(source, detection.eventIds.at(-1) ?? ''),
    reason: detection.reason,
  };
}
