import { distrust, getUsedTo, isNew, NOTHING_BUT_NEWS, type KnownValues } from './known-values';

/** How much of what is told came on three days, by powers of two: a batch of each week is no news. */
export type UsualSizes = KnownValues;

export const NO_SIZES = NOTHING_BUT_NEWS;

const LARGEST = Math.log2(Number.MAX_SAFE_INTEGER + 1);

/** Whether so much, or more, was never usual. */
export function isUnusual(sizes: UsualSizes, amount: number, day: number): boolean {
  for (let size = sizeOf(amount); size <= LARGEST; size++) if (!isNew(sizes, size, day)) return false;
  return true;
}

/** Notes what was told, or that something else spoke against it. */
export function noteSize(sizes: UsualSizes, amount: number, day: number, isHarmless: boolean): void {
  (isHarmless ? getUsedTo : distrust)(sizes, sizeOf(amount), day);
}

function sizeOf(amount: number): number {
  return Math.ceil(Math.log2(amount));
}
