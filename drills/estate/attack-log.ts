export interface AttackSummary {
  readonly attempts: number;
  /** When attempts that worked were begun, milliseconds since the epoch. */
  readonly successes: readonly number[];
  readonly firstSuccessAt: number | null;
  readonly firstRefusedAt: number | null;
  readonly refused: number;
}

/** What the attacker achieved, with the time each success was begun: that decides whether it came after the refusal. */
export class AttackLog {
  #attempts = 0;
  #refused = 0;
  #firstRefusedAt: number | null = null;
  readonly #successes: number[] = [];

  /** Runs one attempt; whether it worked. */
  async attempt(work: () => Promise<boolean>): Promise<boolean> {
    const begunAt = Date.now();
    this.#attempts += 1;
    const worked = await work().catch(() => false);
    if (worked) this.#successes.push(begunAt);
    else {
      this.#refused += 1;
      this.#firstRefusedAt ??= Date.now();
    }
    return worked;
  }

  summary(): AttackSummary {
    return {
      attempts: this.#attempts,
      successes: this.#successes,
      firstSuccessAt: this.#successes[0] ?? null,
      firstRefusedAt: this.#firstRefusedAt,
      refused: this.#refused,
    };
  }
}
