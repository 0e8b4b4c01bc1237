import type { UsageEvent } from '../domain/usage-event';
import type { Row } from './rows';

/**
 * Slow ramps are reference/detection.md 1.2.9, which takes a CUSUM; that would tell the morning of every working day. So a day is compared
 * with the busiest quarters of an hour of the days before, which the rise of one day does not move. All numbers are ours.
 */
export const RAMP = {
  quarterMs: 900_000,
  quartersOfDay: 96,
  leastRatio: 3,
  /** In a quarter: one every nine seconds. */
  leastUses: 100,
  /** For an hour without a pause: what is over sooner is a job, or told by `rate-spike`. */
  leastQuarters: 4,
  /** Three days in a row hold a working day. One counts when it was used in two hours' quarters: a trial run is no usual day. */
  leastDays: 3,
  leastQuartersOfDay: 8,
  /** The most that the usual grows in a day, so that who grows faster is told some day; and what it loses, a third in two weeks. */
  growth: 1.2,
  fading: 0.97,
} as const;

/** Ramps in a row, eight numbers each: uses by quarters of an hour, and the most that was usual in one. A ramp is named by where its numbers begin. */
export type Ramps = Row;

/** The open quarter, counted from 1970; all uses in it, and those under no suspicion. */
const QUARTER = 0;
const USES = 1;
const CLEAN = 2;
/** Closed quarters right before it that had several times the usual. */
const HIGH = 3;
/** Of today: the most clean uses of a closed quarter, and the closed quarters that had any. */
const MOST = 4;
const QUARTERS = 5;
/** What `MOST` was on the days before, which fades; uses, to a tenth. */
const USUAL = 6;
const DAYS = 7;

/** Numbers of a ramp. */
export const RAMP_SIZE = 8;

export const EMPTY_RAMP: readonly number[] = [0, 0, 0, 0, 0, 0, 0, 0];

/** The quarter it was used in last. */
export function lastQuarter(ramps: Ramps, ramp: number): number {
  return ramps.get(ramp + QUARTER);
}

/** Whether it has learnt a day, or will at midnight. */
export function isLearnt(ramps: Ramps, ramp: number): boolean {
  return ramps.get(ramp + DAYS) > 0 || ramps.get(ramp + QUARTERS) >= RAMP.leastQuartersOfDay;
}

/** What to say of the open quarter, where it has with this use several times the usual after an hour that had it, too. */
export function riseOf(ramps: Ramps, ramp: number, event: UsageEvent): string | undefined {
  if (!isHighForLong(ramps, ramp)) return undefined;
  // A use that opens a quarter is the only one of it.
  if (!counts(ramps, ramp, event) || quarterOf(event) > lastQuarter(ramps, ramp)) return undefined;
  const uses = ramps.get(ramp + USES) + 1;
  if (!isHigh(ramps, ramp, uses)) return undefined;
  const times = Math.floor(uses / ramps.get(ramp + USUAL));
  return `used ${uses} times within 15 min after an hour as busy, ${times} times the most that was usual`;
}

/** Whether the quarters before the open one had several times the usual: it may be the last of an hour. */
function isHighForLong(ramps: Ramps, ramp: number): boolean {
  return ramps.get(ramp + HIGH) >= RAMP.leastQuarters - 1;
}

/** Counts one use; one of a later quarter closes the open one, whose clean uses are learnt at the end of its day. */
export function countInQuarter(ramps: Ramps, ramp: number, event: UsageEvent, clean: boolean): void {
  if (!counts(ramps, ramp, event)) return;
  const quarter = quarterOf(event);
  if (quarter > lastQuarter(ramps, ramp)) openQuarter(ramps, ramp, quarter);
  ramps.add(ramp + USES, 1);
  if (clean) ramps.add(ramp + CLEAN, 1);
}

export function quarterOf({ at }: UsageEvent): number {
  return Math.floor(at / RAMP.quarterMs);
}

/** Not what failed or was refused, which programs try again and again; and what a use late by more than a quarter belonged to is long closed. */
function counts(ramps: Ramps, ramp: number, event: UsageEvent): boolean {
  return event.outcome === 'accepted' && quarterOf(event) >= lastQuarter(ramps, ramp) - 1;
}

function openQuarter(ramps: Ramps, ramp: number, quarter: number): void {
  const { quartersOfDay, leastQuarters } = RAMP;
  const [before, uses, clean] = [lastQuarter(ramps, ramp), ramps.get(ramp + USES), ramps.get(ramp + CLEAN)];
  const isHighNow = quarter === before + 1 && isHigh(ramps, ramp, uses);
  ramps.set(ramp + HIGH, isHighNow ? Math.min(ramps.get(ramp + HIGH) + 1, leastQuarters) : 0);
  ramps.set(ramp + MOST, Math.max(ramps.get(ramp + MOST), clean));
  if (clean > 0) ramps.add(ramp + QUARTERS, 1);
  ramps.set(ramp + QUARTER, quarter);
  ramps.set(ramp + USES, 0);
  ramps.set(ramp + CLEAN, 0);
  const isNextDay = Math.floor(quarter / quartersOfDay) > Math.floor(before / quartersOfDay);
  if (isNextDay && ramps.get(ramp + QUARTERS) > 0) closeDay(ramps, ramp);
}

function closeDay(ramps: Ramps, ramp: number): void {
  const { leastDays, leastQuartersOfDay, growth, fading } = RAMP;
  const [most, quarters, usual, days] = [MOST, QUARTERS, USUAL, DAYS].map((field) => ramps.get(ramp + field)) as [
    number,
    number,
    number,
    number,
  ];
  const learnt = days < leastDays ? Math.max(most, usual) : Math.max(Math.min(most, usual * growth), usual * fading);
  ramps.set(ramp + MOST, 0);
  ramps.set(ramp + QUARTERS, 0);
  // In tenths: whole numbers would keep a usual of 1 or 2 from ever growing, and more digits make every state longer.
  ramps.set(ramp + USUAL, Math.round(learnt * 10) / 10);
  if (quarters >= leastQuartersOfDay && days < leastDays) ramps.set(ramp + DAYS, days + 1);
}

function isHigh(ramps: Ramps, ramp: number, uses: number): boolean {
  const { leastUses, leastRatio, leastDays } = RAMP;
  if (uses < leastUses || ramps.get(ramp + DAYS) < leastDays) return false;
  return uses >= ramps.get(ramp + USUAL) * leastRatio;
}
