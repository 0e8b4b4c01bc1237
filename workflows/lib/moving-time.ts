import { CancellationScope, condition, isCancellation, patched } from '@temporalio/workflow';
import type { RotationTerms } from '../messages';

/** How long the dependents of one rotation have. Evidence only ever makes it shorter; people can give more. */
export class MovingTime {
  #terms: RotationTerms;
  #deadline: number | undefined;
  #laneUntil: number;
  #changes = 0;
  #hurries = 0;
  readonly #attempts = new Set<CancellationScope>();

  constructor({ moveWithinSeconds, goOnWithoutMissing, laneUntil = Infinity }: RotationTerms) {
    this.#terms = { moveWithinSeconds, goOnWithoutMissing };
    this.#laneUntil = laneUntil;
  }

  get goOnWithoutMissing(): boolean {
    return this.#terms.goOnWithoutMissing;
  }

  /** How often evidence made it shorter. */
  get hurries(): number {
    return this.#hurries;
  }

  /** Milliseconds; the time begins with the first question. */
  left(now: number): number {
    this.#deadline ??= now + this.#terms.moveWithinSeconds * 1000;
    return this.#deadline - now;
  }

  /** Whether the old version refuses dependents by now: whoever works on the new one is worse off there. */
  isLaneOver(now: number): boolean {
    return now >= this.#laneUntil;
  }

  /** Whether who does not work on the new version is better off on the old one. */
  mayGoBack(now: number): boolean {
    return this.left(now) > 0 && !this.isLaneOver(now);
  }

  /** Takes the lane's end as it is listed. What has hurried since it was asked for may be newer. */
  asListed(laneUntil: number, hurriesBefore: number): void {
    this.#laneUntil = this.#hurries === hurriesBefore ? laneUntil : Math.min(this.#laneUntil, laneUntil);
  }

  /** Takes shorter terms: what is being tried under the old ones is tried anew. */
  hurry({ moveWithinSeconds, goOnWithoutMissing, laneUntil = Infinity }: RotationTerms, now: number): void {
    this.#hurries += 1;
    this.#terms = {
      moveWithinSeconds: Math.min(this.#terms.moveWithinSeconds, moveWithinSeconds),
      goOnWithoutMissing: this.#terms.goOnWithoutMissing || goOnWithoutMissing,
    };
    this.#laneUntil = Math.min(this.#laneUntil, laneUntil);
    if (this.#deadline !== undefined) this.#deadline = Math.min(this.#deadline, now + moveWithinSeconds * 1000);
    this.tryAnew();
  }

  /** Gives more time, which people decided: a lane that is over is open again; where there never was one there is none. */
  extend(seconds: number, now: number): void {
    if (seconds === 0) return;
    if (this.#laneUntil > 0) this.#laneUntil = Math.max(now, this.#laneUntil) + seconds * 1000;
    this.#terms = { ...this.#terms, moveWithinSeconds: this.#terms.moveWithinSeconds + seconds };
    if (this.#deadline !== undefined) this.#deadline += seconds * 1000;
    this.tryAnew();
  }

  /** Waits until `done`, for at most 1 in `parts` of the time that is left, however that changes meanwhile. */
  async untilDone(done: () => boolean, parts: number, summary: string): Promise<void> {
    while (!done()) {
      const changes = this.#changes;
      const share = Math.max(1, this.left(Date.now()) / parts);
      const isNews = await condition(() => done() || this.#changes !== changes, share, { summary });
      if (!isNews) return;
    }
  }

  /** Runs one attempt. `hurried` when it was given up because its terms had changed meanwhile. */
  async attempt<T>(work: () => Promise<T>): Promise<T | 'hurried'> {
    const scope = new CancellationScope();
    this.#attempts.add(scope);
    try {
      return await scope.run(work);
    } catch (error) {
      // Cancelled from outside it goes up: only our own cancellation means another try.
      if (!scope.consideredCancelled || CancellationScope.current().consideredCancelled) throw error;
      // One that just failed, as it was to be given up, comes back as a failure: under the new terms it is tried anew all the same.
      if (isCancellation(error) || patched('anew-after-failure')) return 'hurried';
      throw error;
    } finally {
      this.#attempts.delete(scope);
    }
  }

  private tryAnew(): void {
    this.#changes += 1;
    for (const attempt of this.#attempts) attempt.cancel();
  }
}
