import { setImmediate as afterOthers } from 'node:timers/promises';
import type { Prepared } from './publish-detection';

/** Detections that may wait, or the fold waits: for a stream that takes them, since a chunk of the snapshot waits for them all; and for one that takes none, so that holds are written. */
export const MOST_MOVING = 250;
export const MOST_STUCK = 1_000;
const STUCK_MS = 1_000;
/** Where none was stored for so long, the stream is full or away, and whoever waits for them all does better to come again. */
const PATIENCE_MS = 5_000;
/** What is stored within so long after the worker was told to stop is not left to the next one. A stop is to take two seconds at most. */
const LAST_MS = 1_000;

/** Stores one detection. Rejects only when `signal` is aborted. */
export type StoreDetection = (prepared: Prepared, signal: AbortSignal) => Promise<void>;

/**
 * Detections on their way to the stream, which takes one after the other, in their order, while the next messages are folded. A state that was made with
 * them may be stored only after them: whoever goes on from it makes them no more.
 */
export class Outbox {
  /** Of each that waits, oldest first: whose states it is of. */
  readonly #waiting: (readonly string[])[] = [];
  readonly #end = new AbortController();
  #put = 0;
  #most = MOST_MOVING;
  #last: Promise<unknown> = Promise.resolve();
  /** Resolves when the next one is stored, or when no more will be. */
  #moved!: Promise<void>;
  #move!: () => void;

  constructor(
    private readonly store: StoreDetection,
    private readonly stop: AbortSignal,
  ) {
    this.#awaitMove();
    if (stop.aborted) this.#endSoon();
    else stop.addEventListener('abort', () => this.#endSoon(), { once: true, signal: this.#end.signal });
  }

  /** Those whose detections wait: their states may be stored nowhere yet. */
  get concerned(): ReadonlySet<string> {
    return new Set(this.#waiting.flat());
  }

  /** `concerns`: by whose states it was found. */
  put(prepared: Prepared, concerns: readonly string[]): void {
    this.#put += 1;
    this.#waiting.push(concerns);
    const stored = this.#last.then(async () => {
      await this.store(prepared, this.#end.signal);
      this.#waiting.shift();
      // What gathered meanwhile does not keep the fold waiting once the stream takes some again.
      if (this.#waiting.length < MOST_MOVING) this.#most = MOST_MOVING;
      this.#tell();
    });
    this.#last = stored;
    // That it was given up, those who wait are told.
    stored.catch(() => undefined);
  }

  /** Resolves when more may be put. @throws the signal's reason as soon as the worker is to stop, and when it was given up */
  async room(): Promise<void> {
    this.stop.throwIfAborted();
    if (this.#waiting.length === 0) return;
    // One is sent when the one before is answered: whoever folds message after message would leave no time to read that.
    await afterOthers();
    for (;;) {
      this.stop.throwIfAborted();
      this.#end.signal.throwIfAborted();
      if (this.#waiting.length < this.#most) return;
      if (!(await this.#movesWithin(STUCK_MS))) this.#most = MOST_STUCK;
    }
  }

  /** Resolves when all that wait by now are stored: true. False when for `PATIENCE_MS` none was, or it was given up. */
  async storedSoFar(): Promise<boolean> {
    const end = this.#put;
    while (this.#put - this.#waiting.length < end) {
      if (this.#end.signal.aborted || !(await this.#movesWithin(PATIENCE_MS))) return false;
    }
    return true;
  }

  /** What is not stored yet is left to whoever goes on from the snapshot: it is made again there. */
  giveUp(): void {
    this.#end.abort();
    this.#tell();
  }

  #endSoon(): void {
    setTimeout(() => this.giveUp(), LAST_MS).unref();
    this.#tell();
  }

  #movesWithin(patienceMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const patience = setTimeout(resolve, patienceMs, false);
      void this.#moved.then(() => {
        clearTimeout(patience);
        resolve(true);
      });
    });
  }

  #tell(): void {
    const move = this.#move;
    this.#awaitMove();
    move();
  }

  #awaitMove(): void {
    this.#moved = new Promise((resolve) => (this.#move = resolve));
  }
}
