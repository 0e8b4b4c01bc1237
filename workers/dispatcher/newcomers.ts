import { IncidentError } from '../../domain/errors';
import { shortSubject, type Subject } from '../../domain/subject';

const HOUR_MS = 3_600_000;
/** An estate forgets to register a few credentials, never dozens in an hour: that is a feed of lies, or a source of another estate. */
const MOST_AN_HOUR = 50;

/** Bounds how many credentials that nobody registered get an incident. */
export class Newcomers {
  readonly #since = new Map<Subject, number>();

  constructor(private readonly mostAnHour = MOST_AN_HOUR) {}

  /** @throws IncidentError CREDENTIAL_UNKNOWN when there are too many: the detection goes to the dead letters, and is not lost. */
  admit(subject: Subject, now: number): void {
    for (const [known, at] of this.#since) if (now - at >= HOUR_MS) this.#since.delete(known);
    if (this.#since.has(subject)) return;
    if (this.#since.size >= this.mostAnHour)
      throw new IncidentError('CREDENTIAL_UNKNOWN', {
        subject: shortSubject(subject),
        incidentsThisHour: this.#since.size,
      });
    this.#since.set(subject, now);
  }
}
