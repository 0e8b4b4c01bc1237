import { setTimeout as delay } from 'node:timers/promises';
import { storeDetection, type Prepared, type PublishingParts } from './publish-detection';

/** So long a message waits until the stream has its detections; then the next ones are folded, since holds must not wait for a full stream. */
const PATIENCE_MS = 1_000;
/** Detections that may wait; where there are more, the fold waits. */
const MOST_WAITING = 1_000;

/** Detections that the stream has not taken yet, in their order. While there are any, the state that made them must not be saved. */
export class Outbox {
  #waiting = 0;
  #isLate = false;
  #sent: Promise<void> = Promise.resolve();

  constructor(
    private readonly parts: PublishingParts,
    private readonly partition: number,
    private readonly signal: AbortSignal,
  ) {}

  get isEmpty(): boolean {
    return this.#waiting === 0;
  }

  put(prepared: Prepared): void {
    this.#waiting += 1;
    this.#sent = this.#sent.then(async () => {
      await storeDetection(this.parts, this.partition, prepared, this.signal);
      this.#waiting -= 1;
      // A full stream takes none at all.
      this.#isLate = false;
    });
    // Of an abort `settled` tells.
    this.#sent.catch(() => undefined);
  }

  /** Resolves when all are stored. @throws when it was aborted */
  async drained(): Promise<void> {
    await this.#sent;
  }

  /** Resolves when all are stored, or may be stored later. @throws when it was aborted */
  async settled(): Promise<void> {
    if (this.isEmpty) return;
    const mayWait = () => this.#isLate && this.#waiting <= MOST_WAITING;
    if (mayWait()) return this.signal.throwIfAborted();
    const patience = new AbortController();
    const patient = delay(PATIENCE_MS, true, { signal: patience.signal }).catch(() => false);
    const isLate = await Promise.race([patient, this.#sent.then(() => false)]);
    patience.abort();
    if (!isLate) return;
    this.#isLate = true;
    while (!this.isEmpty && !mayWait()) await Promise.race([this.#sent, delay(PATIENCE_MS)]);
  }
}
