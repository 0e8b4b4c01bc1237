/** Counts of one bucket length, and what is usual for it; plain JSON. */
export interface RateWindow {
  start: number;
  /** All uses in the open bucket, and those of them under no suspicion. */
  count: number;
  clean: number;
  /** Moving average and variance of closed buckets that had uses: a nightly job is not idle, it is nightly. */
  mean: number;
  variance: number;
  buckets: number;
}

export function emptyWindow(): RateWindow {
  return { start: 0, count: 0, clean: 0, mean: 0, variance: 0, buckets: 0 };
}

/** How many uses the use's bucket has with it: one where it opens a bucket, and no more than before where it comes too late to count. */
export function countWith(window: RateWindow, at: number, lengthMs: number): number {
  const start = at - (at % lengthMs);
  if (start > window.start) return 1;
  return start < window.start - lengthMs ? window.count : window.count + 1;
}

/**
 * Counts one use. A use of a later bucket closes the open one, whose clean uses are learnt; a late one counts in the open bucket
 * when it is at most one bucket late, and not at all when later.
 */
export function countUse(window: RateWindow, at: number, lengthMs: number, clean: boolean, smoothing: number): void {
  const start = at - (at % lengthMs);
  if (start < window.start - lengthMs) return;
  if (start > window.start) {
    if (window.clean > 0) learnBucket(window, smoothing);
    window.start = start;
    window.count = 0;
    window.clean = 0;
  }
  window.count += 1;
  if (clean) window.clean += 1;
}

function learnBucket(window: RateWindow, smoothing: number): void {
  const { mean, variance, clean, buckets } = window;
  window.buckets = buckets + 1;
  if (buckets === 0) {
    window.mean = clean;
    return;
  }
  // The first buckets weigh equally, so that the first alone does not stand for the usual.
  const weight = Math.max(smoothing, 1 / (buckets + 1));
  const off = clean - mean;
  window.mean = mean + weight * off;
  window.variance = (1 - weight) * (variance + weight * off * off);
}

/** How many deviations a count lies over the usual. Counts of independent uses deviate by their square root at least. */
export function deviations({ mean, variance }: RateWindow, count: number): number {
  const deviation = Math.max(Math.sqrt(variance), Math.sqrt(mean), 1);
  return (count - mean) / deviation;
}
