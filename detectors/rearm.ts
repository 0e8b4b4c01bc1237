import type { Assessment } from '../domain/detection';
import { compareSeverity, type Severity } from '../domain/severity';
import type { Finding } from './detector';

/** What a detector last said of a subject; plain JSON. */
export interface Spoken {
  readonly at: number;
  readonly severity: Severity;
  readonly confidence: number;
}

export const REARM = {
  /** An attack of a thousand requests a second is one detection a minute and detector. */
  everyMs: 60_000,
  /** A low finding asks nobody to act: hourly is often enough. */
  lowEveryMs: 3_600_000,
  /** Growth of confidence that is news. */
  growth: 0.1,
} as const;

/** Whether a finding is news after what its detector said before. On event time alone, so that a replay says the same. */
export function isNews(finding: Finding, before: Spoken | undefined, at: number): boolean {
  if (!before) return true;
  const pause = finding.severity === 'low' ? REARM.lowEveryMs : REARM.everyMs;
  return (
    at - before.at >= pause ||
    compareSeverity(finding.severity, before.severity) > 0 ||
    finding.confidence >= before.confidence + REARM.growth
  );
}

/** Whether the subject's assessment has risen over what was last published of it; that is told whatever the detectors said before. */
export function hasRisen(assessment: Assessment, before: Spoken | undefined, at: number): boolean {
  if (!before) return true;
  return compareSeverity(assessment.severity, before.severity) > 0 || at - before.at >= REARM.lowEveryMs;
}
