/** Parts of a window. With one part more than that, whatever comes within one window is counted together, and at most a fifth of a window beside it. */
const PARTS = 5;

/**
 * How often something came lately: when the newest part of a window began that anything came in, ms, and how often it came in that part and in each of the five before it.
 */
export interface Burst {
  readonly from: number;
  readonly counts: readonly number[];
}

/** Numbers of a burst. */
export const BURST_SIZE = 2 + PARTS;

export const NO_BURST: Burst = { from: 0, counts: Array.from({ length: PARTS + 1 }, () => 0) };

/** Counts one more at `at`, ms. Out of order counts where it falls; what is older than the window does not count. */
export function countIn({ from, counts }: Burst, at: number, windowMs: number): Burst {
  const length = windowMs / PARTS;
  const begin = at - (at % length);
  const later = (begin - from) / length;
  if (later < -PARTS) return { from, counts };
  if (later > 0)
    return { from: begin, counts: counts.map((_, part) => (part === 0 ? 1 : (counts[part - later] ?? 0))) };
  return { from, counts: counts.map((count, part) => (part === -later ? count + 1 : count)) };
}

export function countOf({ counts }: Burst): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

export function burstNumbers({ from, counts }: Burst): readonly number[] {
  return [from, ...counts];
}

/** Of numbers that `burstNumbers` gave, or of none. */
export function burstOf([from = 0, ...counts]: readonly number[]): Burst {
  return counts.length === 0 ? NO_BURST : { from, counts };
}
