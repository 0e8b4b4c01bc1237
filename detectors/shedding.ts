import type { Family } from '../domain/families';
import type { PaceEvent } from '../domain/usage-event';
import type { Detector } from './detector';
import { hash48 } from './hash48';
import type { LocatedUsageEvent } from './located-event';
import type { PartitionState, SubjectState } from './partition-state';

/** Different ordinary uses that are remembered of a subject while its partition sheds. */
const REMEMBERED = 32;

/** So long uses are ordinary after the first of them was judged: whoever waits for a long silence must see that there was none. */
const ORDINARY_MS = 86_400_000;

/** What these go by is in no single use: how many there are, and in what order. */
const ASKED_OF_ALL: readonly Family[] = ['volume', 'probing'];

/**
 * A partition that can't keep up sheds learning, never a decision: a use that is exactly like one that was judged since shedding began, and that nobody
 * had anything to say of, is only counted. The partition's own stream says when, so that the fold stays pure.
 */
export function pace(state: PartitionState, { at, sheds }: PaceEvent): void {
  if (sheds === 'nothing') delete state.shedsSince;
  else state.shedsSince ??= at;
}

/** Whom to ask about a use while shedding: whoever goes by more than the use itself is asked of all, and all are asked of what is not ordinary. */
export function askedWhileShedding(
  since: number,
  subject: SubjectState,
  located: LocatedUsageEvent,
  detectors: readonly Detector[],
): readonly Detector[] {
  const { ordinary } = subject;
  const isOrdinary =
    ordinary?.since === since &&
    located.event.at - ordinary.at < ORDINARY_MS &&
    mayBeOrdinary(subject, located) &&
    ordinary.uses.includes(mark(located));
  return isOrdinary ? detectors.filter(({ family }) => ASKED_OF_ALL.includes(family)) : detectors;
}

/** Remembers a use that all were asked about, and nobody objected to. */
export function noteOrdinary(since: number, subject: SubjectState, located: LocatedUsageEvent): void {
  if (!mayBeOrdinary(subject, located)) return;
  const { at } = located.event;
  const { ordinary } = subject;
  const known = ordinary?.since === since && at - ordinary.at < ORDINARY_MS ? ordinary : { since, at, uses: [] };
  const found = mark(located);
  if (!known.uses.includes(found)) subject.ordinary = { ...known, uses: [found, ...known.uses].slice(0, REMEMBERED) };
}

/** What is refused, matches a rule, comes from a listed address or breaks a lane is for all to judge. */
function mayBeOrdinary({ listed, breach }: SubjectState, { event, listings }: LocatedUsageEvent): boolean {
  const { outcome, rules } = event;
  return outcome === 'accepted' && !rules && listings.length === 0 && listed === 'none' && breach?.use !== event.id;
}

/** All that detectors of places, agents and actions go by. */
function mark({ event, place, agent }: LocatedUsageEvent): number {
  const { client, action, principalKind } = event;
  return hash48(
    [client.address, client.agent, agent, place.network, place.country, action.kind, action.name, principalKind].join(
      '\n',
    ),
  );
}
