import { noMean, takeIn, type MovingMean } from './moving-mean';

const DAY_MS = 86_400_000;

/** What is usual at a time of the day. */
interface TimeOfDay {
  readonly usual: MovingMean;
  /** On how many days it was seen, and the last of them. */
  days: number;
  lastDay: number;
}

/** The usual course of a day; plain JSON, of as many parts as the day is cut into. */
export interface DayProfile {
  readonly parts: (TimeOfDay | null)[];
}

export function noProfile(): DayProfile {
  return { parts: [] };
}

/**
 * How far the value lies from what is usual at this time of the day; undefined as long as that was not seen on more than
 * `leastDays` days. Then the value is learnt.
 */
export function offProfile(
  profile: DayProfile,
  at: number,
  value: number,
  { parts, weight, leastDays }: { readonly parts: number; readonly weight: number; readonly leastDays: number },
): number | undefined {
  const day = Math.floor(at / DAY_MS);
  const part = Math.min(parts - 1, Math.floor(((at - day * DAY_MS) * parts) / DAY_MS));
  while (profile.parts.length < parts) profile.parts.push(null);
  const known = (profile.parts[part] ??= { usual: noMean(), days: 0, lastDay: Number.NEGATIVE_INFINITY });
  const off = known.days > leastDays ? value - known.usual.mean : undefined;
  takeIn(known.usual, value, weight);
  if (known.lastDay !== day) {
    known.days += 1;
    known.lastDay = day;
  }
  return off;
}
