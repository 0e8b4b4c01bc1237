import { operatorOf } from './clouds';
import { countryNumber, COUNTRY_NUMBERS } from './country-number';
import { getUsedTo, isNew, learn, NONE_KNOWN, NOTHING_BUT_NEWS, type KnownValues } from './known-values';
import type { Place } from './located-event';

/**
 * Operators (autonomous systems), each in one country, within which a credential moves: on three days it came from a network of theirs that it had never been
 * in. So do jobs on hosted runners, functions of a cloud and mobile phones, each time in another network, none of which would ever become known.
 */
export type Roaming = KnownValues;

export const NOT_ROAMING = NONE_KNOWN;

/** Whether a new network there is no news. */
export function roamsIn(roaming: Roaming, place: Place, day: number): boolean {
  const mark = markOfArea(place);
  return mark !== 0 && roaming.get(0) !== 0 && !isNew(roaming, mark, day);
}

/** Notes a new network there, which may become known. */
export function noteRoaming(roaming: Roaming, place: Place, day: number): void {
  const mark = markOfArea(place);
  if (mark === 0) return;
  if (roaming.get(0) === 0) roaming.replace(NOTHING_BUT_NEWS);
  getUsedTo(roaming, mark, day);
}

/** From now on a new network there is no news. */
export function settleIn(roaming: Roaming, place: Place, day: number): void {
  learn(roaming, markOfArea(place), day);
}

function markOfArea({ asn = 0, country }: Place): number {
  return asn === 0 || country === '' ? 0 : operatorOf(asn) * COUNTRY_NUMBERS + countryNumber(country);
}
