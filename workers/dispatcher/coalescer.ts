import { compareSeverity, higherSeverity, type Severity } from '../../domain/severity';

/** At most one signal a second an incident: a signal is an event of a bounded history. */
const QUIET_MS = 1_000;
/** Temporal takes 10,000 signals an execution. Long before that more of the same tells nothing new: it is recorded only. */
const MAX_SIGNALS = 1_000;
/** But for one in so long: the incident that has heard it all may have closed since, and what goes on must open one again. */
const STILL_GOING_ON_MS = 3_600_000;
/** An incident nobody spoke of for this long is forgotten here; its next detection is a first one again. */
const FORGET_MS = 7 * 86_400_000;

interface Line {
  readonly sentAt: number;
  readonly severity: Severity;
  /** What the incident has taken; absent when it has taken nothing. */
  readonly heard?: { readonly signals: number; readonly severity: Severity; readonly at: number };
}

/**
 * When a detection of an incident may be sent on: the first at once, a raise of severity at once, the others together, a second
 * after the last. Pure but for what it remembers.
 */
export class Coalescer {
  readonly #lines = new Map<string, Line>();

  /** How long to wait, in milliseconds, with a detection that came now. */
  delayOf(incidentId: string, severity: Severity, now: number): number {
    const line = this.#lines.get(incidentId);
    if (!line || compareSeverity(severity, line.severity) > 0) return 0;
    return Math.max(0, line.sentAt + QUIET_MS - now);
  }

  /** Whether this incident has heard enough of this severity. */
  isSated(incidentId: string, severity: Severity, now: number): boolean {
    const heard = this.#lines.get(incidentId)?.heard;
    return (
      heard !== undefined &&
      heard.signals >= MAX_SIGNALS &&
      compareSeverity(severity, heard.severity) <= 0 &&
      now - heard.at < STILL_GOING_ON_MS
    );
  }

  /** It is on its way, or on record. */
  sent(incidentId: string, severity: Severity, now: number): void {
    const line = this.#lines.get(incidentId);
    this.#lines.delete(incidentId);
    this.#lines.set(incidentId, {
      ...line,
      sentAt: now,
      severity: line ? higherSeverity(line.severity, severity) : severity,
    });
    // Insertion order is the order of the last one sent, so the oldest stand first.
    for (const [id, { sentAt }] of this.#lines) {
      if (now - sentAt < FORGET_MS) break;
      this.#lines.delete(id);
    }
  }

  /** Its incident has taken it. What Temporal did not accept comes again, and must not count as heard. */
  told(incidentId: string, severity: Severity, now: number): void {
    const line = this.#lines.get(incidentId);
    if (!line) return;
    const { signals = 0, severity: before = severity } = line.heard ?? {};
    this.#lines.set(incidentId, {
      ...line,
      heard: { signals: signals + 1, severity: higherSeverity(before, severity), at: now },
    });
  }
}
