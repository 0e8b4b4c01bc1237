import type { UsageEvent } from '../domain/usage-event';

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

/** Uses by quarters of an hour, and the most that was usual in one; plain JSON. */
export interface Ramp {
  /** The open quarter, counted from 1970; all uses in it, and those under no suspicion. */
  quarter: number;
  uses: number;
  clean: number;
  /** Closed quarters right before it that had several times the usual. */
  high: number;
  /** Of today: the most clean uses of a closed quarter, and the closed quarters that had any. */
  most: number;
  quarters: number;
  /** What `most` was on the days before, which fades; uses, to a tenth. */
  usual: number;
  days: number;
}

export function emptyRamp(): Ramp {
  return { quarter: 0, uses: 0, clean: 0, high: 0, most: 0, quarters: 0, usual: 0, days: 0 };
}

/** What to say of the open quarter, where it has with this use several times the usual after an hour that had it, too. */
export function riseOf(ramp: Ramp, event: UsageEvent): string | undefined {
  // A use that opens a quarter is the only one of it.
  if (!counts(ramp, event) || quarterOf(event) > ramp.quarter) return undefined;
  const uses = ramp.uses + 1;
  if (!isHighForLong(ramp) || !isHigh(ramp, uses)) return undefined;
  const times = Math.floor(uses / ramp.usual);
  return `used ${uses} times within 15 min after an hour as busy, ${times} times the most that was usual`;
}

/** Whether the quarters before the open one had several times the usual: it may be the last of an hour. */
export function isHighForLong({ high }: Ramp): boolean {
  return high >= RAMP.leastQuarters - 1;
}

/** Counts one use; one of a later quarter closes the open one, whose clean uses are learnt at the end of its day. */
export function countInQuarter(ramp: Ramp, event: UsageEvent, clean: boolean): void {
  if (!counts(ramp, event)) return;
  const quarter = quarterOf(event);
  if (quarter > ramp.quarter) openQuarter(ramp, quarter);
  ramp.uses += 1;
  if (clean) ramp.clean += 1;
}

export function quarterOf({ at }: UsageEvent): number {
  return Math.floor(at / RAMP.quarterMs);
}

/** Not what we refuse, whose clients try again and again; and what a use late by more than a quarter belonged to is long closed. */
function counts(ramp: Ramp, event: UsageEvent): boolean {
  return event.outcome !== 'contained' && quarterOf(event) >= ramp.quarter - 1;
}

function openQuarter(ramp: Ramp, quarter: number): void {
  const { quartersOfDay, leastQuarters } = RAMP;
  const isNext = quarter === ramp.quarter + 1;
  const isNextDay = Math.floor(quarter / quartersOfDay) > Math.floor(ramp.quarter / quartersOfDay);
  ramp.high = isNext && isHigh(ramp, ramp.uses) ? Math.min(ramp.high + 1, leastQuarters) : 0;
  ramp.most = Math.max(ramp.most, ramp.clean);
  if (ramp.clean > 0) ramp.quarters += 1;
  ramp.quarter = quarter;
  ramp.uses = 0;
  ramp.clean = 0;
  if (isNextDay && ramp.quarters > 0) closeDay(ramp);
}

function closeDay(ramp: Ramp): void {
  const { leastDays, leastQuartersOfDay, growth, fading } = RAMP;
  const { most, usual, days, quarters } = ramp;
  const learnt = days < leastDays ? Math.max(most, usual) : Math.max(Math.min(most, usual * growth), usual * fading);
  ramp.most = 0;
  ramp.quarters = 0;
  // In tenths: whole numbers would keep a usual of 1 or 2 from ever growing, and more digits make every state longer.
  ramp.usual = Math.round(learnt * 10) / 10;
  if (quarters >= leastQuartersOfDay && days < leastDays) ramp.days = days + 1;
}

function isHigh({ usual, days }: Ramp, uses: number): boolean {
  const { leastUses, leastRatio, leastDays } = RAMP;
  return uses >= leastUses && days >= leastDays && uses >= usual * leastRatio;
}
