import { NO_FINDINGS, type Finding, type SubjectFacts } from './detector';
import { dayOf } from './learning';
import type { LocatedUsageEvent } from './located-event';
import type { Rows } from './rows';
import { isUnusual, noteSize } from './usual-sizes';

export const REFUSED_PARAMETERS = {
  /** So many were refused within a day, of what it never did: somebody looks for what it may do, and takes his time. Ours. */
  refusedWindowMs: 86_400_000,
  refusedActions: 8,
  refusedConfidence: 0.7,
} as const;

/** Told apart within the window. */
const MOST_REFUSED = 64;

/**
 * `refused`: actions that were refused within the window and never worked: a mark (marks.ts), and when first. `refusedSizes`: how many are usual (usual-sizes.ts), as of
 * what looks each day whether it is let in by now.
 */
export type RefusedRows = Rows<'refused' | 'refusedSizes'>;

/** Of an action that the credential is not known for. */
export function judgeRefused(rows: RefusedRows, located: LocatedUsageEvent): readonly Finding[] {
  const { refusedActions: least, refusedConfidence: confidence } = REFUSED_PARAMETERS;
  const count = refusedWith(rows, located).length;
  if (count < least || !isUnusual(rows.refusedSizes, count, dayOf(located.event.at))) return NO_FINDINGS;
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
  noteSize(rows.refusedSizes, refused.length, dayOf(located.event.at), isHarmless);
}

function refusedWith({ refused }: RefusedRows, { event: { at, outcome }, marks }: LocatedUsageEvent) {
  if (outcome !== 'authorization') return [];
  const lately = refused
    .records(2)
    .filter(([, first = 0]) => Math.abs(at - first) <= REFUSED_PARAMETERS.refusedWindowMs);
  if (lately.some(([action]) => action === marks.action)) return lately;
  return [...lately.slice(1 - MOST_REFUSED), [marks.action, at]];
}
