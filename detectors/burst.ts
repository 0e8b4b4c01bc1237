/** How often something came within one window, which begins with the first of it. */
export interface Burst {
  readonly from: number;
  readonly count: number;
}

export const NO_BURST: Burst = { from: 0, count: 0 };

/** Counts one more at `at`, ms; what comes later than `windowMs` after the first begins another window. Out of order counts where it falls. */
export function countIn(burst: Burst, at: number, windowMs: number): Burst {
  return burst.count > 0 && at - burst.from <= windowMs
    ? { from: Math.min(burst.from, at), count: burst.count + 1 }
    : { from: at, count: 1 };
}
