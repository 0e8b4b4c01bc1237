import { compareSeverity, type Severity } from '../../domain/severity';

/** At most one signal a second an incident: a signal is an event of a bounded history. */
const QUIET_MS = 1_000;
/** An incident nobody spoke of for this long is forgotten here; its next detection is a first one again. */
const FORGET_MS = 600_000;

interface Line {
  sentAt: number;
  severity: Severity;
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

  sent(incidentId: string, severity: Severity, now: number): void {
    const line = this.#lines.get(incidentId);
    const highest = line && compareSeverity(line.severity, severity) > 0 ? line.severity : severity;
    this.#lines.delete(incidentId);
    this.#lines.set(incidentId, { sentAt: now, severity: highest });
    // Insertion order is the order of the last signal, so the oldest stand first.
    for (const [id, { sentAt }] of this.#lines) {
      if (now - sentAt < FORGET_MS) break;
      this.#lines.delete(id);
    }
  }
}
