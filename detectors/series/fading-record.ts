/** The largest distance so far, which fades: what was extreme long ago is no measure for ever. Plain JSON. */
export interface FadingRecord {
  largest: number;
  count: number;
}

export function noRecord(): FadingRecord {
  return { largest: 0, count: 0 };
}

/** A series that has stood still has a record of nothing: whatever comes then counts this much, e times twenty. */
const MOST = 20;

/**
 * By how much a distance breaks the record, as the logarithm of its ratio to it; 0 when it does not, or when fewer than `warmUp` came
 * before. Then it is a distance like others. Being a ratio, it needs no scale and no assumption on how distances are distributed.
 */
export function breakRecord(record: FadingRecord, distance: number, fading: number, warmUp: number): number {
  record.count += 1;
  const ratio = distance / record.largest;
  const excess = record.count > warmUp && distance > record.largest ? Math.min(MOST, Math.log(ratio)) : 0;
  record.largest = Math.max(distance, record.largest * fading);
  return excess;
}
