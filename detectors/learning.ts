import type { Family } from '../domain/families';
import type { SubjectFacts } from './detector';
import type { Testimony } from './known-values';
import type { LocatedUsageEvent } from './located-event';

const DAY_MS = 86_400_000;

/**
 * When a subject's habits count as learnt. 10 and 50 uses: Microsoft Entra's atypical travel (10 logins) and Okta's velocity
 * rules (50), in reference/detection.md. The time floor is ours: services of one estate start within seconds of each other, and a
 * busy one alone would reach ten uses before the second has begun.
 */
export const LEARNING = { leastUses: 10, fullUses: 50, fullMs: 14 * DAY_MS, leastMs: 3_000 } as const;

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
  return facts.cleanUses >= LEARNING.fullUses || at - facts.cleanSince >= LEARNING.fullMs;
}

/** Witnesses of what is unusual: each alone is what a move, a release or a new task looks like, too. */
export const OF_THE_UNUSUAL: readonly Family[] = ['origin', 'probing', 'signature'];
/** So is use from several places at once: a second site, a colleague abroad, a VPN that is switched on, an application that is handed out. For grave news, such as a country, which takes more days. */
export const OF_MANY_PLACES: readonly Family[] = [...OF_THE_UNUSUAL, 'travel', 'spread'];

/**
 * Whether what is new in it may become known in time, though it was objected to. Where several things are new at once, as in a new deployment, each would
 * otherwise speak against the other for ever. Whoever refuses the credential has ended it: a refused use counts for nothing.
 */
export function mayBecomeKnown(located: LocatedUsageEvent, facts: SubjectFacts): boolean {
  return isObjectedOnlyBy(OF_THE_UNUSUAL, located, facts);
}

/** Days until grave news is known. Ours. */
export const DAYS_OF_GRAVE_NEWS = 7;

/** Whether the use worked, and nobody but these families, if anybody, has said anything of it. */
export function isObjectedOnlyBy(
  families: readonly Family[],
  located: LocatedUsageEvent,
  facts: SubjectFacts,
): boolean {
  return testimonyOf(families, located, facts) === 'for';
}

/**
 * Against it where others than these families objected, or where the credential itself is refused: whoever refuses it has ended it. What failed or was not allowed says nothing: that happens to everybody.
 */
export function testimonyOf(
  families: readonly Family[],
  { event: { outcome } }: LocatedUsageEvent,
  { suspectedBy }: SubjectFacts,
): Testimony {
  if (!suspectedBy.every((family) => families.includes(family))) return 'against';
  if (outcome === 'accepted') return 'for';
  return outcome === 'failed' || outcome === 'authorization' ? 'nothing' : 'against';
}

/** Only accepted use teaches, and nothing under suspicion does. */
export function teaches({ event }: LocatedUsageEvent, facts: SubjectFacts): boolean {
  return event.outcome === 'accepted' && facts.suspectedBy.length === 0;
}
