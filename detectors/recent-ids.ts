import { hash48 } from './hash48';
import { placeRows } from './rows';

/** Ids of the latest events of a subject, to recognise a redelivery. */
const REMEMBERED = 32;

export const NO_IDS: readonly number[] = Array.from({ length: REMEMBERED }, () => -1);

/** Hashes of the latest ids; and where the next one goes. */
const { ids, next } = placeRows('recent-ids', { ids: NO_IDS, next: [0] });

/**
 * Notes an event id of the subject at hand; true when it was among the latest already. Kept as 48-bit hashes: two different ids of the 32 kept look alike once
 * in about 10^13 events.
 */
export function isRepeated(id: string): boolean {
  const hash = hash48(id);
  if (ids.indexOf(hash) !== -1) return true;
  ids.set(next.get(0), hash);
  next.set(0, (next.get(0) + 1) % REMEMBERED);
  return false;
}
