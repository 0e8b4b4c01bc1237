import type { SubjectFacts } from './detector';
import type { LocatedUsageEvent } from './located-event';

/**
 * When a subject's habits count as learnt. 10 and 50 uses: Microsoft Entra's atypical travel (10 logins) and Okta's velocity
 * rules (50), in reference/detection.md. The time floor is ours: services of one estate start within seconds of each other, and a
 * busy one alone would reach ten uses before the second has begun.
 */
export const LEARNING = { leastUses: 10, fullUses: 50, fullDays: 14, leastMs: 3_000 } as const;

const DAY_MS = 86_400_000;

export function dayOf(at: number): number {
  return Math.floor(at / DAY_MS);
}

/** Enough is known to call something unusual. */
export function hasLearned(facts: SubjectFacts, at: number): boolean {
  return facts.cleanUses >= LEARNING.leastUses && at - facts.cleanSince >= LEARNING.leastMs;
}

/** Habits are complete: nothing new is taken for granted any more. */
export function isSettled(facts: SubjectFacts, at: number): boolean {
  if (!hasLearned(facts, at)) return false;
  return facts.cleanUses >= LEARNING.fullUses || at - facts.cleanSince >= LEARNING.fullDays * DAY_MS;
}

/** Only accepted use teaches, and nothing under suspicion does. */
export function teaches({ event }: LocatedUsageEvent, facts: SubjectFacts): boolean {
  return event.outcome === 'accepted' && facts.suspectedBy.length === 0;
}
