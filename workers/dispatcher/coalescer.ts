import { compareSeverity, type Severity } from '../../domain/severity';

/** At most one signal a second an incident: a signal is an event of a bounded history. */
const QUIET_MS = 1_000;
/** Temporal takes 10,000 signals an execution. Long before that more of the same tells nothing new: it is recorded only. */
const MAX_SIGNALS = 1_000;
/** An incident nobody spoke of for this long is forgotten here; its next detection is a first one again. */
const FORGET_MS = 7 * 86_400_000;

interface Line {
  readonly sentAt: number;
  readonly severity: Severity;
  readonly signals: number;
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
  isSated(incidentId: string, severity: Severity): boolean {
    const line = this.#lines.get(incidentId);
    return line !== undefined && line.signals >= MAX_SIGNALS && compareSeverity(severity, line.severity) <= 0;
  }

  sent(incidentId: string, severity: Severity, now: number): void {
    const line = this.#lines.get(incidentId);
    const highest = line && compareSeverity(line.severity, severity) > 0 ? line.severity : severity;
    this.#lines.delete(incidentId);
    this.#lines.set(incidentId, { sentAt: now, severity: highest, signals: (line?.signals ?? 0) + 1 });
    // Insertion order is the order of the last signal, so the oldest stand first.
    for (const [id, { sentAt }] of this.#lines) {
      if (now - sentAt < FORGET_MS) break;
      this.#lines.delete(id);
    }
  }
}
