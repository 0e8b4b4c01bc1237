/**
 * The values of one dimension (agents, networks, countries) that a subject is known by: bounded, and plain JSON. Pairs and
 * triples in arrays, not objects, since clients choose the values.
 */
export interface KnownValues {
  /** Value and the day it was last used. */
  readonly known: readonly (readonly [value: string, lastDay: number])[];
  /** Value, days it was seen on, and the last of them: on its way to being known. */
  readonly pending: readonly (readonly [value: string, days: number, lastDay: number])[];
  /** So many values are normal that a new one says nothing. */
  readonly wide: boolean;
}

/** Days: 3 from design.md (a context is known once seen on three days), 30 from reference/detection.md (forget). */
const LIMITS = { known: 32, pending: 8, daysToKnow: 3, daysToForget: 30 } as const;

export const NONE_KNOWN: KnownValues = { known: [], pending: [], wide: false };

/** Whether `value` would be news. Nothing is while no value is known at all, and an empty value never is. */
export function isNew(values: KnownValues, value: string, day: number): boolean {
  if (value === '' || values.wide || values.known.length === 0) return false;
  const entry = values.known.find(([known]) => known === value);
  return entry === undefined || entry[1] < day - LIMITS.daysToForget;
}

/** Takes `value` for known. Gives back the same object when nothing changes, which is the common case. */
export function learn(values: KnownValues, value: string, day: number): KnownValues {
  if (value === '' || values.wide) return values;
  const entry = values.known.find(([known]) => known === value);
  if (entry && entry[1] >= day) return values;
  const others = values.known.filter(([known, last]) => known !== value && last >= day - LIMITS.daysToForget);
  if (others.length >= LIMITS.known) return { known: [], pending: [], wide: true };
  return {
    known: [...others, [value, day]],
    pending: values.pending.filter(([name]) => name !== value),
    wide: false,
  };
}

/** Notes a day on which an unknown value was used with nothing else against it; after enough days it is known. */
export function consider(values: KnownValues, value: string, day: number): KnownValues {
  if (!isNew(values, value, day)) return values;
  const [, days, lastDay] = values.pending.find(([name]) => name === value) ?? [value, 0, -1];
  if (lastDay >= day) return values;
  if (days + 1 >= LIMITS.daysToKnow) return learn(values, value, day);
  const others = values.pending.filter(([name]) => name !== value).slice(1 - LIMITS.pending);
  return { ...values, pending: [...others, [value, days + 1, day]] };
}

/** Forgets that an unknown value was ever on its way: something spoke against it. */
export function distrust(values: KnownValues, value: string): KnownValues {
  if (!values.pending.some(([name]) => name === value)) return values;
  return { ...values, pending: values.pending.filter(([name]) => name !== value) };
}
