import { entryOf } from './short-list';

/**
 * The values of one dimension (agents, networks, countries) that a subject is known by: bounded, and plain JSON. Pairs and
 * triples in arrays, not objects, since clients choose the values. Changed in place.
 */
export interface KnownValues {
  /** Value and the day it was last used. */
  known: [value: string, lastDay: number][];
  /** Value, days it was seen on, and the last of them: on its way to being known. */
  pending: [value: string, days: number, lastDay: number][];
  /** So many values are normal that a new one says nothing. */
  wide: boolean;
}

/** Days: 3 from design.md (a context is known once seen on three days), 30 from reference/detection.md (forget). */
const LIMITS = { known: 32, pending: 8, daysToKnow: 3, daysToForget: 30 } as const;

export function noneKnown(): KnownValues {
  return { known: [], pending: [], wide: false };
}

/** A value that nobody has. */
export const NO_VALUE = '-';

/** Nothing is known yet and everything is news all the same: a value that nobody has stands for "knows what it knows". */
export function nothingButNews(): KnownValues {
  return { known: [[NO_VALUE, 0]], pending: [], wide: false };
}

/**
 * Whether `value` would be news. Nothing is while no value is known at all, and an empty value never is. One is forgotten that was not used for
 * a month in which others were: while nothing is used at all, as before a sleeper wakes, nothing is forgotten.
 */
export function isNew(values: KnownValues, value: string, day: number): boolean {
  if (value === '' || values.wide || values.known.length === 0) return false;
  const entry = entryOf(values.known, value);
  if (entry === undefined) return true;
  const isForgotten = (today: number): boolean => entry[1] < today - LIMITS.daysToForget;
  return isForgotten(day) && isForgotten(lastDayOf(values));
}

/** Takes `value` for known. Mostly nothing changes. */
export function learn(values: KnownValues, value: string, day: number): void {
  if (value === '' || values.wide) return;
  const entry = entryOf(values.known, value);
  if (entry && entry[1] >= day) return;
  const slept = day - lastDayOf(values);
  if (values.known.length > 0 && slept > LIMITS.daysToForget)
    values.known = values.known.map(([known, last]) => [known, last + slept]);
  values.known = values.known.filter(([known, last]) => known !== value && last >= day - LIMITS.daysToForget);
  values.wide = values.known.length >= LIMITS.known;
  if (values.wide) {
    values.known = [];
    values.pending = [];
    return;
  }
  values.known.push([value, day]);
  distrust(values, value);
}

/** The last day on which any of them was used. */
function lastDayOf({ known }: KnownValues): number {
  return Math.max(...known.map(([, day]) => day));
}

/** Notes a day on which an unknown value was used with nothing else against it; after enough days it is known. */
export function consider(values: KnownValues, value: string, day: number): void {
  if (!isNew(values, value, day)) return;
  const entry = entryOf(values.pending, value);
  if (entry && entry[2] >= day) return;
  const days = (entry?.[1] ?? 0) + 1;
  if (days >= LIMITS.daysToKnow) {
    learn(values, value, day);
    return;
  }
  const others = values.pending.filter(([name]) => name !== value).slice(1 - LIMITS.pending);
  values.pending = [...others, [value, days, day]];
}

/** Forgets that an unknown value was ever on its way: something spoke against it. */
export function distrust(values: KnownValues, value: string): void {
  if (entryOf(values.pending, value)) values.pending = values.pending.filter(([name]) => name !== value);
}
