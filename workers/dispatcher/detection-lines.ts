import { higherSeverity, type Severity } from '../../domain/severity';
import { Coalescer } from './coalescer';

/**
 * Sends on together. `sated`: the incident has heard enough of the same, so it is for the record alone. Resolves, and never rejects, with
 * whether the incident was told.
 */
export type SendTogether<T> = (line: string, batch: readonly [T, ...T[]], sated: boolean) => Promise<boolean>;

/** Detections that wait to be sent on, in one line for each incident. */
export class DetectionLines<T> {
  readonly #coalescer = new Coalescer();
  readonly #waiting = new Map<string, { readonly pending: [T, ...T[]]; readonly timer: NodeJS.Timeout }>();

  constructor(
    private readonly severityOf: (item: T) => Severity,
    private readonly send: SendTogether<T>,
  ) {}

  /** Sends it on, with what waits in its line; now, or as soon as that line may speak again. */
  add(line: string, item: T): void {
    const delay = this.#coalescer.delayOf(line, this.severityOf(item), Date.now());
    const queued = this.#waiting.get(line);
    if (queued) queued.pending.push(item);
    if (delay === 0) return this.flush(line, queued?.pending ?? [item]);
    if (!queued) this.#waiting.set(line, { pending: [item], timer: setTimeout(() => this.flush(line), delay) });
  }

  /** Sends everything that waits. */
  flushAll(): void {
    for (const line of [...this.#waiting.keys()]) this.flush(line);
  }

  private flush(line: string, batch = this.#waiting.get(line)?.pending): void {
    clearTimeout(this.#waiting.get(line)?.timer);
    this.#waiting.delete(line);
    if (!batch) return;
    const severity = batch.map((item) => this.severityOf(item)).reduce(higherSeverity);
    const now = Date.now();
    // More of the same would only fill the incident's history, which is bounded.
    const sated = this.#coalescer.isSated(line, severity, now);
    this.#coalescer.sent(line, severity, now);
    void this.send(line, batch, sated).then((told) => {
      if (told) this.#coalescer.told(line, severity, Date.now());
    });
  }
}
