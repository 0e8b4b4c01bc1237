import type { Family } from '../domain/families';
import type { ErrorCode } from '../domain/errors';
import type { UsageEvent } from '../domain/usage-event';
import type { Detector, Finding, SubjectFacts } from './detector';
import type { LocatedUsageEvent } from './located-event';

/** A detector that threw. It does not remember the event (what it had written before it threw stays), and nobody else notices. */
export interface DetectorFailure {
  readonly code: Extract<ErrorCode, 'DETECTOR_FAILED'>;
  readonly detector: string;
  readonly event: UsageEvent;
  /** The kind of error, without its text: that could hold anything. */
  readonly cause: string;
}

export interface DetectorFinding {
  readonly detector: Detector;
  readonly finding: Finding;
}

export function familyOf({ detector, finding }: DetectorFinding): Family {
  return finding.family ?? detector.family;
}

export interface Answer {
  readonly findings: readonly DetectorFinding[];
  readonly failures: readonly DetectorFailure[];
}

/**
 * Shows one event to the detectors, of the subject at hand. All judge it by their states before it, and only then all remember it, told who objected: whatever is
 * under suspicion must not teach anybody.
 */
export function askDetectors(located: LocatedUsageEvent, detectors: readonly Detector[], facts: SubjectFacts): Answer {
  const findings: DetectorFinding[] = [];
  const failures: DetectorFailure[] = [];
  for (const detector of detectors) {
    try {
      const found = detector.judge(located, facts);
      if (found.length > 0) for (const finding of found) findings.push({ detector, finding });
    } catch (error) {
      failures.push(failureOf(detector, located, error));
    }
  }
  const told = findings.length === 0 ? facts : { ...facts, suspectedBy: familiesOf(findings) };
  const failed = failures.length === 0 ? undefined : new Set(failures.map(({ detector }) => detector));
  for (const detector of detectors) {
    if (!detector.remember || failed?.has(detector.id)) continue;
    try {
      detector.remember(located, told);
    } catch (error) {
      failures.push(failureOf(detector, located, error));
    }
  }
  return { findings, failures };
}

function failureOf(detector: Detector, { event }: LocatedUsageEvent, error: unknown): DetectorFailure {
  const cause = error instanceof Error ? error.name : typeof error;
  return { code: 'DETECTOR_FAILED', detector: detector.id, event, cause };
}

function familiesOf(findings: readonly DetectorFinding[]): readonly Family[] {
  return [...new Set(findings.map(familyOf))];
}
