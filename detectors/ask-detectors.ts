import type { Family } from '../domain/families';
import type { ErrorCode } from '../domain/errors';
import type { UsageEvent } from '../domain/usage-event';
import type { Detector, Finding, Reduction, SubjectFacts } from './detector';
import type { LocatedUsageEvent } from './located-event';
import type { SubjectState } from './partition-state';

/** A detector that threw. Its own state stays as it was, and nobody else notices. */
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

export interface Answer {
  readonly findings: readonly DetectorFinding[];
  readonly failures: readonly DetectorFailure[];
}

/**
 * Shows one event to the detectors and takes over their new states. When any of them objects, all are asked again from the states
 * before, told who objected: whatever is under suspicion must not teach anybody.
 */
export function askDetectors(
  subject: SubjectState,
  located: LocatedUsageEvent,
  detectors: readonly Detector[],
  facts: SubjectFacts,
): Answer {
  const first = askAll(subject, located, detectors, facts);
  const suspectedBy = familiesOf(first.findings);
  const answer = suspectedBy.length === 0 ? first : askAll(subject, located, detectors, { ...facts, suspectedBy });
  answer.states.forEach((state, index) => {
    const detector = detectors[index];
    if (detector) subject.detectors[detector.id] = state;
  });
  // Findings of the first asking count too: what spoke unsuspecting must not fall silent because somebody else spoke.
  return suspectedBy.length === 0 ? answer : { findings: first.findings, failures: first.failures };
}

function askAll(
  subject: SubjectState,
  located: LocatedUsageEvent,
  detectors: readonly Detector[],
  facts: SubjectFacts,
): Answer & { states: readonly unknown[] } {
  const findings: DetectorFinding[] = [];
  const failures: DetectorFailure[] = [];
  const states = detectors.map((detector) => {
    const before = subject.detectors[detector.id] ?? detector.initial();
    const reduction = tryReduce(detector, before, located, facts);
    if ('cause' in reduction) {
      failures.push({ code: 'DETECTOR_FAILED', detector: detector.id, event: located.event, cause: reduction.cause });
      return before;
    }
    for (const finding of reduction.findings) findings.push({ detector, finding });
    return reduction.state;
  });
  return { states, findings, failures };
}

function tryReduce(
  detector: Detector,
  state: unknown,
  located: LocatedUsageEvent,
  facts: SubjectFacts,
): Reduction<unknown> | { cause: string } {
  try {
    return detector.reduce(state, located, facts);
  } catch (error) {
    return { cause: error instanceof Error ? error.name : typeof error };
  }
}

function familiesOf(findings: readonly DetectorFinding[]): readonly Family[] {
  return [...new Set(findings.map(({ detector }) => detector.family))];
}
