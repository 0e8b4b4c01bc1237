import { IncidentError } from '../domain/errors';
import { AddressSet, type ListedNetwork } from './address-set';
import {
  ListUnreadable,
  NOT_UNDERSTOOD,
  NOT_YET_VALID,
  REVOKED,
  type Entry,
  type OTHER_MATTER,
} from './formats/format';
import { INTEL_FORMATS, type IntelFormatName } from './formats/registry';
import { networksNamed } from './address-range';
import type { NetworkFault } from './network-words';

/** Networks of one list: 26 MB in a detection worker, and 22 MB in NATS before compression. */
export const MOST_NETWORKS = 1_000_000;

/** Why entries were left out. */
export type LeftOut =
  NetworkFault | typeof OTHER_MATTER | typeof NOT_UNDERSTOOD | typeof NOT_YET_VALID | typeof REVOKED | 'expired';

/** What a list gave. */
export interface ReadList {
  readonly networks: AddressSet;
  /** Entries that are not in it, by the reason. */
  readonly leftOut: Readonly<Partial<Record<LeftOut, number>>>;
}

export interface ReadOptions {
  /** Entries that have run out by then are left out; milliseconds since the epoch, when it was read by default. */
  readonly goodAt?: number;
  /** Of a list of our own places private networks are taken, too. */
  readonly ofOurs?: boolean;
  /** When it was written, as its source tells. */
  readonly writtenAt?: number | undefined;
}

/** A time before that, or one to come, is no file's own: archives and images are made with such. */
const OLDEST_MS = 30 * 86_400_000;

const LAST_SECOND = 0xffff_ffff;
/** A list that names half of the Internet names nobody. */
const MOST_OF_INTERNET = 0.5;

/**
 * Reads a list. Single entries that can't be used are counted and left out; a text that is no list, that names no address at all, or of
 * which more than half can't be used is refused, since the last good one is worth more than such a one.
 * @throws IncidentError INTEL_LIST_UNREADABLE
 */
export function readList(
  format: IntelFormatName,
  text: string,
  readAt: number,
  { goodAt = readAt, ofOurs = false, writtenAt = readAt }: ReadOptions = {},
): ReadList {
  const written = writtenAt <= readAt && writtenAt > readAt - OLDEST_MS ? writtenAt : readAt;
  return collect(
    guarded(() => INTEL_FORMATS[format].entries(text, readAt, written)),
    { goodAt, ofOurs },
  );
}

/** As `readList`, of entries that were read already. */
export function collect(
  entries: Iterable<Entry>,
  { goodAt, ofOurs = false }: { readonly goodAt: number; readonly ofOurs?: boolean },
): ReadList {
  const networks: ListedNetwork[] = [];
  const leftOut: Partial<Record<LeftOut, number>> = {};
  const leave = (reason: LeftOut) => void (leftOut[reason] = (leftOut[reason] ?? 0) + 1);
  let taken = 0;
  for (const entry of entries) {
    const named = networksOf(entry, goodAt, ofOurs);
    const usable = named.filter((network) => typeof network !== 'string');
    // A range that goes through private addresses is one entry, however many networks it is.
    new Set(named.filter((network) => typeof network === 'string')).forEach(leave);
    for (const network of usable)
      if (networks.push(network) > MOST_NETWORKS) throw unreadable(`more than ${MOST_NETWORKS} networks`);
    if (usable.length > 0) taken += 1;
  }
  const bad = (leftOut['no-address'] ?? 0) + (leftOut[NOT_UNDERSTOOD] ?? 0) + (leftOut['too-broad'] ?? 0);
  const outOfTime = (leftOut.expired ?? 0) + (leftOut[NOT_YET_VALID] ?? 0) + (leftOut[REVOKED] ?? 0);
  if (taken + outOfTime === 0) throw unreadable('no address in it');
  if (bad > taken + outOfTime) throw unreadable(`${bad} entries are no addresses, and only ${taken} are`);
  const set = AddressSet.of(networks);
  if (set.largestShare() > MOST_OF_INTERNET) throw unreadable('it names half of the Internet');
  return { networks: set, leftOut };
}

function networksOf(entry: Entry, goodAt: number, ofOurs: boolean): readonly (ListedNetwork | LeftOut)[] {
  if (typeof entry === 'string') return [entry];
  const { address, until, sources = 1 } = entry;
  const isExpired = until !== undefined && until <= goodAt;
  const more = {
    until: until === undefined ? 0 : Math.min(Math.ceil(until / 1000), LAST_SECOND),
    sources: Math.min(Math.max(sources, 1), 255),
  };
  return networksNamed(address, ofOurs).map((network) => {
    if (typeof network === 'string') return network;
    return isExpired ? 'expired' : { ...network, ...more };
  });
}

function* guarded(entries: () => Iterable<Entry>): Generator<Entry> {
  try {
    yield* entries();
  } catch (error) {
    if (error instanceof ListUnreadable) throw unreadable(error.message);
    throw error;
  }
}

function unreadable(fault: string): IncidentError {
  return new IncidentError('INTEL_LIST_UNREADABLE', { fault });
}
