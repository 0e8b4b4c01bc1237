import type { IntelEvent, IntelList, Listing } from '../domain/intel';
import type { UsageEvent } from '../domain/usage-event';
import type { PartitionState } from './partition-state';

/**
 * What one content says of an address at a time (milliseconds since the epoch): `until` in seconds, 0 where the entry never runs out. A private address is another machine at
 * every place.
 */
export type AskList = (
  content: IntelList['content'],
  address: string,
  at: number,
) => { readonly until: number; readonly sources: number; readonly isPrivate?: boolean } | undefined;

const NONE: readonly Listing[] = [];

/** The newest statement of which lists are in force stands: an older one that arrives late does not undo it. */
export function inForce(
  known: PartitionState['intel'],
  { at, lists }: IntelEvent,
): NonNullable<PartitionState['intel']> {
  return known && known.at > at ? known : { at, lists };
}

/** What the lists that are in force say of an event's address, by the event's own time. */
export function listingsOf(
  lists: readonly IntelList[],
  event: UsageEvent,
  ask: AskList | undefined,
): readonly Listing[] {
  const { at, client } = event;
  if (!ask || lists.length === 0 || client.address === '') return NONE;
  const listings: Listing[] = [];
  for (const { name, content, says, trust, until } of lists) {
    const found = until > at ? ask(content, client.address, at) : undefined;
    // Others' lists mean none of ours, in however broad a network it lies.
    if (!found || (found.isPrivate === true && says !== 'familiar')) continue;
    const entryUntil = found.until === 0 ? until : Math.min(until, found.until * 1000);
    listings.push({ list: name, says, trust, sources: found.sources, until: entryUntil });
  }
  return listings.length === 0 ? NONE : listings;
}
