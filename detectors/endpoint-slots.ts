import type { Row } from './rows';

/** Endpoints that are counted one by one: a row of their marks (marks.ts), and one with as many numbers for each, in the same order. */
export interface EndpointSlots {
  readonly marks: Row;
  readonly counts: Row;
}

/** Gives a slot to an endpoint, whose numbers begin as `initial`: one behind the last, or another's, who is forgotten. */
export function giveSlot(
  { marks, counts }: EndpointSlots,
  slot: number,
  mark: number,
  initial: readonly number[],
): void {
  marks.replace(marks.toArray().toSpliced(slot, 1, mark));
  counts.replace(counts.toArray().toSpliced(slot * initial.length, initial.length, ...initial));
}
