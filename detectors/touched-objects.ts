import { MOST_DISTINCT } from '../domain/usage-event';
import type { Row } from './rows';

/** What a rule counts different ones of, and when it was last touched: marks (marks.ts) of both. */
export type Touched = readonly [rule: number, object: number, at: number];

const TOUCHED_SIZE = 3;
/** Of all rules of one subject. */
const MOST_TOUCHED = 8 * MOST_DISTINCT;

export function touchedIn(row: Row): readonly Touched[] {
  return row.records(TOUCHED_SIZE).map(([rule = 0, object = 0, at = 0]) => [rule, object, at]);
}

/** With some more of one rule at `at`, of which the latest `most` are kept, as many as decide; and of all rules what was touched within the window. */
export function touch(
  touched: readonly Touched[],
  rule: number,
  objects: readonly number[],
  most: number,
  at: number,
  windowMs: number,
): readonly Touched[] {
  // What is later than a late use is kept for those that come in time.
  const lately = touched.filter(([, , last]) => last >= at - windowMs);
  const mine = new Map(lately.flatMap(([one, object, last]) => (one === rule ? [[object, last] as const] : [])));
  for (const object of objects) {
    const last = Math.max(at, mine.get(object) ?? 0);
    mine.delete(object);
    mine.set(object, last);
  }
  const kept = [...mine].sort(([, a], [, b]) => a - b).slice(-most);
  const others = lately.filter(([one]) => one !== rule);
  return [...others, ...kept.map(([object, last]): Touched => [rule, object, last])].slice(-MOST_TOUCHED);
}

/** How many of the rule lie within one window with a use at `at`. */
export function countTouched(touched: readonly Touched[], rule: number, at: number, windowMs: number): number {
  return touched.filter(([one, , last]) => one === rule && last - at <= windowMs).length;
}
