import { markOf } from './marks';
import type { Row } from './rows';

/**
 * The values of one dimension (agents, networks, countries) that a subject is known by, in a row: first how many are known; then each of them, its mark (marks.ts) and
 * the day it was last used; then each that is on its way to being known, its mark, the days it was seen on, and the last of them. Or first `WIDE`; then the last day on which one
 * more was used within a month than is kept; then the latest of them, each with its day.
 */
export type KnownValues = Row;

/** Days: 3 from design.md (a context is known once seen on three days), 30 from reference/detection.md (forget). */
const LIMITS = { known: 32, pending: 16, daysToKnow: 3, daysToForget: 30, narrow: 0.75 } as const;

/** So many values are normal that a new one says nothing; until, for a month, no more than three quarters of what is kept were used. */
const WIDE = -1;

export type Known = readonly [mark: number, lastDay: number];
export type Pending = readonly [mark: number, days: number, lastDay: number];

const KNOWN_SIZE = 2;
const WIDE_HEAD = 2;
const PENDING_SIZE = 3;

export const NONE_KNOWN: readonly number[] = [0];

/** A value that nobody has. */
export const NO_VALUE = markOf('-');

/** Nothing is known yet and everything is news all the same: a value that nobody has stands for "knows what it knows". */
export const NOTHING_BUT_NEWS: readonly number[] = [1, NO_VALUE, 0];

/** Of values that are not wide. */
export function valuesOf(known: readonly Known[], pending: readonly Pending[]): readonly number[] {
  return [known.length, ...known.flat(), ...pending.flat()];
}

/** As they were stored until 2026-11-30: how wide they are is learnt again. */
export const WIDE_VALUES: readonly number[] = [WIDE];

export function isWide(values: KnownValues): boolean {
  return values.get(0) === WIDE;
}

function wideValues(overflowDay: number, latest: readonly Known[]): readonly number[] {
  return [WIDE, overflowDay, ...latest.flat()];
}

/** What was used within a month, without this one. */
function othersInUse(known: readonly Known[], mark: number, day: number): readonly Known[] {
  return known.filter(([one, last]) => one !== mark && last >= day - LIMITS.daysToForget);
}

/**
 * Whether the value with this mark would be news. Nothing is while no value is known at all, and what has no mark never is. One is forgotten that was not used for
 * a month in which others were: while nothing is used at all, as before a sleeper wakes, nothing is forgotten.
 */
export function isNew(values: KnownValues, mark: number, day: number): boolean {
  if (mark === 0 || values.get(0) <= 0) return false;
  const lastUsed = lastDayOf(values, mark);
  if (lastUsed === undefined) return true;
  const isForgotten = (today: number): boolean => lastUsed < today - LIMITS.daysToForget;
  return isForgotten(day) && isForgotten(latestDay(knownOf(values)));
}

/** Whether there are many of them, and it is none of the latest. */
export function isOneMore(values: KnownValues, mark: number): boolean {
  return mark !== 0 && isWide(values) && values.indexOf(mark, KNOWN_SIZE, WIDE_HEAD) === -1;
}

/** Whether some are known, and no more than so many. */
export function isAtMost(values: KnownValues, most: number): boolean {
  return values.get(0) > 0 && values.get(0) <= most;
}

/** The only one known; 0 where there is none, or another. */
export function onlyOneOf(values: KnownValues): number {
  const [count, first, second] = [values.get(0), values.get(1), values.get(1 + KNOWN_SIZE)];
  if (count === 2) return first === NO_VALUE ? second : second === NO_VALUE ? first : 0;
  return count === 1 && first !== NO_VALUE ? first : 0;
}

/** Takes the value for known; with more than `most` they are wide. Mostly nothing changes. */
export function learn(values: KnownValues, mark: number, day: number, most: number = LIMITS.known): void {
  if (mark === 0) return;
  if (isWide(values)) {
    learnWide(values, mark, day, most);
    return;
  }
  if ((lastDayOf(values, mark) ?? -1) >= day) return;
  const before = knownOf(values);
  const slept = day - latestDay(before);
  const known =
    before.length > 0 && slept > LIMITS.daysToForget ? before.map(([one, last]): Known => [one, last + slept]) : before;
  const all: readonly Known[] = [...othersInUse(known, mark, day), [mark, day]];
  if (all.length > most) values.replace(wideValues(day, all.slice(-most)));
  else values.replace(valuesOf(all, without(pendingOf(values), mark)));
}

/** Wide values stay so for as long as there are many; else whoever once was used from everywhere would be watched no more. */
function learnWide(values: KnownValues, mark: number, day: number, most: number): void {
  const index = values.indexOf(mark, KNOWN_SIZE, WIDE_HEAD);
  if (index !== -1 && values.get(index + 1) >= day) return;
  const isOfBefore = values.length < WIDE_HEAD;
  const before = isOfBefore ? [] : knownBetween(values, WIDE_HEAD, values.length);
  const others = othersInUse(before, mark, day).toSorted(([, a], [, b]) => a - b);
  const all: readonly Known[] = [...others, [mark, day]];
  const overflowDay = isOfBefore || all.length > most ? day : values.get(1);
  const isNarrow = overflowDay < day - LIMITS.daysToForget && all.length <= most * LIMITS.narrow;
  values.replace(isNarrow ? valuesOf(all, []) : wideValues(overflowDay, all.slice(-most)));
}

/** Notes a day on which an unknown value was used with nothing else against it; after enough days it is known. */
export function consider(values: KnownValues, mark: number, day: number, daysToKnow: number = LIMITS.daysToKnow): void {
  if (!isNew(values, mark, day)) return;
  const index = values.indexOf(mark, PENDING_SIZE, firstPending(values));
  if (index !== -1 && values.get(index + 2) >= day) return;
  const days = index === -1 ? 1 : values.get(index + 1) + 1;
  if (days >= daysToKnow) {
    learn(values, mark, day);
    return;
  }
  const others = withRoom(without(pendingOf(values), mark), day);
  if (others) values.replace(valuesOf(knownOf(values), [...others, [mark, days, day]]));
}

/** Without the stalest, where there is no room for one more; undefined while all of them came lately, or many at once would push each other out for ever. */
function withRoom(pending: readonly Pending[], day: number): readonly Pending[] | undefined {
  if (pending.length < LIMITS.pending) return pending;
  const stalest = pending.reduce((least, one) => (one[2] < least[2] ? one : least));
  return stalest[2] < day - 1 ? pending.filter((one) => one !== stalest) : undefined;
}

/** Either way: of what is known the day, of what is not one day more. */
export function getUsedTo(values: KnownValues, mark: number, day: number): void {
  if (isNew(values, mark, day)) consider(values, mark, day);
  else learn(values, mark, day);
}

/** Forgets that an unknown value was ever on its way: something spoke against it. */
export function distrust(values: KnownValues, mark: number): void {
  if (isWide(values)) return;
  const pending = pendingOf(values);
  const others = without(pending, mark);
  if (others.length < pending.length) values.replace(valuesOf(knownOf(values), others));
}

/** What a use says of what is new in it, which may become known in time. */
export type Testimony = 'for' | 'against' | 'nothing';

/** Considers an unknown value, or forgets it, or leaves it as it was, by what its use says of it. */
export function weighNews(
  values: KnownValues,
  mark: number,
  day: number,
  testimony: Testimony,
  daysToKnow?: number,
): void {
  if (testimony === 'for') consider(values, mark, day, daysToKnow);
  else if (testimony === 'against') distrust(values, mark);
}

/** The day a known value was last used. */
function lastDayOf(values: KnownValues, mark: number): number | undefined {
  const index = values.indexOf(mark, KNOWN_SIZE, 1, firstPending(values));
  return index === -1 ? undefined : values.get(index + 1);
}

/** The last day on which any of them was used. */
function latestDay(known: readonly Known[]): number {
  return Math.max(...known.map(([, day]) => day));
}

function without(pending: readonly Pending[], mark: number): readonly Pending[] {
  return pending.filter(([one]) => one !== mark);
}

function knownOf(values: KnownValues): readonly Known[] {
  return knownBetween(values, 1, firstPending(values));
}

function knownBetween(values: KnownValues, from: number, to: number): readonly Known[] {
  return values.records(KNOWN_SIZE, from, to).map(([mark = 0, lastDay = 0]) => [mark, lastDay]);
}

function pendingOf(values: KnownValues): readonly Pending[] {
  return values
    .records(PENDING_SIZE, firstPending(values))
    .map(([mark = 0, days = 0, lastDay = 0]) => [mark, days, lastDay]);
}

function firstPending(values: KnownValues): number {
  return 1 + KNOWN_SIZE * Math.max(0, values.get(0));
}
