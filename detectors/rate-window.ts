/** Counts of one bucket length, and what is usual for it; plain JSON. */
export interface RateWindow {
  readonly start: number;
  /** All uses in the open bucket, and those of them under no suspicion. */
  readonly count: number;
  readonly clean: number;
  /** Moving average and variance of closed buckets that had uses: a nightly job is not idle, it is nightly. */
  readonly mean: number;
  readonly variance: number;
  readonly buckets: number;
}

export const EMPTY_WINDOW: RateWindow = { start: 0, count: 0, clean: 0, mean: 0, variance: 0, buckets: 0 };

/**
 * Counts one use. A use of a later bucket closes the open one, whose clean uses are learnt; a late one counts in the open bucket
 * when it is at most one bucket late, and not at all when later.
 */
export function countUse(
  window: RateWindow,
  at: number,
  lengthMs: number,
  clean: boolean,
  smoothing: number,
): RateWindow {
  const start = at - (at % lengthMs);
  if (start < window.start - lengthMs) return window;
  const { mean, variance, buckets } = window;
  // Field by field: copying an object by spread costs ten times as much, and this is done several times an event.
  if (start <= window.start)
    return {
      start: window.start,
      count: window.count + 1,
      clean: window.clean + (clean ? 1 : 0),
      mean,
      variance,
      buckets,
    };
  const learnt = window.clean === 0 ? window : learnBucket(window, smoothing);
  return {
    start,
    count: 1,
    clean: clean ? 1 : 0,
    mean: learnt.mean,
    variance: learnt.variance,
    buckets: learnt.buckets,
  };
}

function learnBucket(
  { mean, variance, clean, buckets }: RateWindow,
  smoothing: number,
): Pick<RateWindow, 'mean' | 'variance' | 'buckets'> {
  if (buckets === 0) return { mean: clean, variance: 0, buckets: 1 };
  // The first buckets weigh equally, so that the first alone does not stand for the usual.
  const weight = Math.max(smoothing, 1 / (buckets + 1));
  const off = clean - mean;
  return {
    mean: mean + weight * off,
    variance: (1 - weight) * (variance + weight * off * off),
    buckets: buckets + 1,
  };
}

/** How many deviations the open bucket lies over the usual. Counts of independent uses deviate by their square root at least. */
export function deviations(window: RateWindow): number {
  const deviation = Math.max(Math.sqrt(window.variance), Math.sqrt(window.mean), 1);
  return (window.count - window.mean) / deviation;
}
