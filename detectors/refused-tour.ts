import { NO_FINDINGS, type Finding, type SubjectFacts } from './detector';
import { distrust, getUsedTo, isNew } from './known-values';
import { dayOf } from './learning';
import type { LocatedUsageEvent } from './located-event';
import type { Rows } from './rows';

export const REFUSED_PARAMETERS = {
  /** So many were refused within a day, of what it never did: somebody looks for what it may do, and takes his time. Ours. */
  refusedWindowMs: 86_400_000,
  refusedActions: 8,
  refusedConfidence: 0.7,
} as const;

/** Told apart within the window. */
const MOST_REFUSED = 64;

/**
 * `refused`: actions that were refused within the window and never worked: a mark (marks.ts), and when first. `refusedSizes`: how many of them came on three days (`sizeOf`), as
 * of what looks each day whether it is let in by now.
 */
export type RefusedRows = Rows<'refused' | 'refusedSizes'>;

/** Of an action that the credential is not known for. */
export function judgeRefused(rows: RefusedRows, located: LocatedUsageEvent): readonly Finding[] {
  const { refusedActions: least, refusedConfidence: confidence } = REFUSED_PARAMETERS;
  const count = refusedWith(rows, located).length;
  if (count < least || !isUnusual(rows, count, dayOf(located.event.at))) return NO_FINDINGS;
  const reason = `${least} and more actions refused within a day that it never did`;
  return [{ severity: 'medium', confidence, deterministic: false, accuses: 'traffic', topic: 'refused', reason }];
}

export function rememberRefused(rows: RefusedRows, located: LocatedUsageEvent, { suspectedBy }: SubjectFacts): void {
  const refused = refusedWith(rows, located);
  if (refused.length === 0) return;
  rows.refused.replace(refused.flat());
  if (refused.length < REFUSED_PARAMETERS.refusedActions) return;
  // A refused use is never clean. Others of the family say no more than the same.
  const isHarmless = suspectedBy.every((family) => family === 'probing');
  (isHarmless ? getUsedTo : distrust)(rows.refusedSizes, sizeOf(refused.length), dayOf(located.event.at));
}

function refusedWith({ refused }: RefusedRows, { event: { at, outcome }, marks }: LocatedUsageEvent) {
  if (outcome !== 'authorization') return [];
  const lately = refused
    .records(2)
    .filter(([, first = 0]) => Math.abs(at - first) <= REFUSED_PARAMETERS.refusedWindowMs);
  if (lately.some(([action]) => action === marks.action)) return lately;
  return [...lately.slice(1 - MOST_REFUSED), [marks.action, at]];
}

/** Never so many, nor more. */
function isUnusual({ refusedSizes }: RefusedRows, count: number, day: number): boolean {
  for (let size = sizeOf(count); size <= sizeOf(MOST_REFUSED); size++)
    if (!isNew(refusedSizes, size, day)) return false;
  return true;
}

/** By powers of two. */
function sizeOf(count: number): number {
  return Math.ceil(Math.log2(count));
}
