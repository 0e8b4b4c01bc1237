import type { Row } from './rows';

/** Windows in a row, six numbers each: counts of buckets of one length, and what is usual for them. A window is named by where its numbers begin. */
export type RateWindows = Row;

/** The open bucket; all uses in it, and those of them under no suspicion. */
const START = 0;
const COUNT = 1;
const CLEAN = 2;
/** Moving average and variance of closed buckets that had uses: a nightly job is not idle, it is nightly. */
const MEAN = 3;
const VARIANCE = 4;
const BUCKETS = 5;

/** Numbers of a window. */
export const WINDOW_SIZE = 6;

export const EMPTY_WINDOW: readonly number[] = [0, 0, 0, 0, 0, 0];

/** When the open bucket began. */
export function startOf(windows: RateWindows, window: number): number {
  return windows.get(window + START);
}

/** The usual number of uses in a bucket that has any. */
export function meanOf(windows: RateWindows, window: number): number {
  return windows.get(window + MEAN);
}

/** How many buckets that is the mean of. */
export function bucketsOf(windows: RateWindows, window: number): number {
  return windows.get(window + BUCKETS);
}

/** How many uses the use's bucket has with it: one where it opens a bucket, and no more than before where it comes too late to count. */
export function countWith(windows: RateWindows, window: number, at: number, lengthMs: number): number {
  const [start, open, count] = [at - (at % lengthMs), startOf(windows, window), windows.get(window + COUNT)];
  if (start > open) return 1;
  return start < open - lengthMs ? count : count + 1;
}

export interface CountedUse {
  readonly at: number;
  /** Under no suspicion: it is learnt when its bucket is closed. */
  readonly clean: boolean;
}

/**
 * Counts one use. A use of a later bucket closes the open one, whose clean uses are learnt; a late one counts in the open bucket
 * when it is at most one bucket late, and not at all when later.
 */
export function countUse(
  windows: RateWindows,
  window: number,
  { at, clean }: CountedUse,
  lengthMs: number,
  smoothing: number,
): void {
  const start = at - (at % lengthMs);
  const open = startOf(windows, window);
  if (start < open - lengthMs) return;
  if (start > open) {
    learnBucket(windows, window, smoothing);
    windows.set(window + START, start);
    windows.set(window + COUNT, 0);
    windows.set(window + CLEAN, 0);
  }
  windows.add(window + COUNT, 1);
  if (clean) windows.add(window + CLEAN, 1);
}

function learnBucket(windows: RateWindows, window: number, smoothing: number): void {
  const clean = windows.get(window + CLEAN);
  if (clean === 0) return;
  const [mean, variance, buckets] = [
    meanOf(windows, window),
    windows.get(window + VARIANCE),
    bucketsOf(windows, window),
  ];
  windows.set(window + BUCKETS, buckets + 1);
  if (buckets === 0) {
    windows.set(window + MEAN, clean);
    return;
  }
  // The first buckets weigh equally, so that the first alone does not stand for the usual.
  const weight = Math.max(smoothing, 1 / (buckets + 1));
  const off = clean - mean;
  windows.set(window + MEAN, mean + weight * off);
  windows.set(window + VARIANCE, (1 - weight) * (variance + weight * off * off));
}

/** How many deviations a count lies over the usual. Counts of independent uses deviate by their square root at least. */
export function deviations(windows: RateWindows, window: number, count: number): number {
  const mean = meanOf(windows, window);
  const deviation = Math.max(Math.sqrt(windows.get(window + VARIANCE)), Math.sqrt(mean), 1);
  return (count - mean) / deviation;
}
