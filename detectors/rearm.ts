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
  /** A low finding asks nobody to act, and what is said of a whole traffic holds for what follows: hourly is often enough. */
  seldomEveryMs: 3_600_000,
  /** Growth of confidence that is news. */
  growth: 0.1,
  /** Things said that are remembered for one subject. */
  remembered: 32,
} as const;

/** Whether a finding is news after what its detector said before. On event time alone, so that a replay says the same. */
export function isNews(finding: Finding, before: Spoken | undefined, at: number): boolean {
  if (!before) return true;
  const isSeldom = finding.severity === 'low' || finding.accuses === 'traffic';
  const pause = isSeldom ? REARM.seldomEveryMs : REARM.everyMs;
  return (
    at - before.at >= pause ||
    compareSeverity(finding.severity, before.severity) > 0 ||
    finding.confidence >= before.confidence + REARM.growth
  );
}

/** Whether the subject's assessment has risen over what was last published of it; that is told whatever the detectors said before. */
export function hasRisen(assessment: Assessment, before: Spoken | undefined, at: number): boolean {
  if (!before) return true;
  return compareSeverity(assessment.severity, before.severity) > 0 || at - before.at >= REARM.seldomEveryMs;
}

/** The latest things said, so that rules without end cost no memory; what is forgotten is said once more. */
export function forgetOld(spoken: Readonly<Record<string, Spoken>>): Record<string, Spoken> {
  const entries = Object.entries(spoken);
  if (entries.length <= REARM.remembered) return spoken;
  return Object.fromEntries(entries.sort(([, a], [, b]) => b.at - a.at).slice(0, REARM.remembered / 2));
}
