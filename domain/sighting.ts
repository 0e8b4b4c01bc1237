import { z } from 'zod';
import { isSubject, type Subject } from './subject';
import type { UsageEvent } from './usage-event';

const subject = z.custom<Subject>((value) => typeof value === 'string' && isSubject(value), 'not a subject');
const time = z.number().int().nonnegative();
const count = z.number().int().nonnegative();

/** Where no known context is: an id that no inventory may give. */
export const ELSEWHERE = 'elsewhere';

/** Use from one known context, or from `elsewhere`. Times are those of the events (ms since the epoch), 0 for never. */
const contextUse = z.strictObject({
  context: z.string(),
  /** Of any use. */
  firstAt: time,
  lastAcceptedAt: time,
  accepted: count,
  /** Refused or broken. */
  lastFailedAt: time,
  failed: count,
});

/** Who was seen using one subject since its incident began. Counts are rough: a worker that dies may count some uses twice, or not at all. */
export const sighting = z.strictObject({ subject, contexts: z.array(contextUse) });

export type ContextUse = z.infer<typeof contextUse>;
export type Sighting = z.infer<typeof sighting>;

/** An inventory names a handful of contexts; a hundred bounds what stands in one message. */
const MAX_CONTEXTS = 100;

/** One use, as it is seen from a context. */
export function useSeen({ at, outcome }: Pick<UsageEvent, 'at' | 'outcome'>, context: string): ContextUse {
  return outcome === 'accepted'
    ? { context, firstAt: at, lastAcceptedAt: at, accepted: 1, lastFailedAt: 0, failed: 0 }
    : { context, firstAt: at, lastAcceptedAt: 0, accepted: 0, lastFailedAt: at, failed: 1 };
}

/** Two lists of what was seen apart from each other, as one, by context. The order of the two makes no difference. */
export function addUses(a: readonly ContextUse[], b: readonly ContextUse[]): ContextUse[] {
  const byContext = new Map<string, ContextUse>();
  for (const use of [...a, ...b]) {
    const known = byContext.get(use.context);
    byContext.set(use.context, known ? sum(known, use) : use);
  }
  const sorted = [...byContext.values()].sort((x, y) => (x.context < y.context ? -1 : 1));
  // What is accepted matters most: it blocks a retirement.
  const kept = sorted.length > MAX_CONTEXTS ? sorted.sort((x, y) => y.lastAcceptedAt - x.lastAcceptedAt) : sorted;
  return kept.slice(0, MAX_CONTEXTS);
}

function sum(a: ContextUse, b: ContextUse): ContextUse {
  return {
    context: a.context,
    firstAt: Math.min(a.firstAt, b.firstAt),
    lastAcceptedAt: Math.max(a.lastAcceptedAt, b.lastAcceptedAt),
    accepted: a.accepted + b.accepted,
    lastFailedAt: Math.max(a.lastFailedAt, b.lastFailedAt),
    failed: a.failed + b.failed,
  };
}
