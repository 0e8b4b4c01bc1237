import { basename, resolve } from 'node:path';
import type { AskList } from '../detectors/listings';
import { INTEL_SAYS, type IntelEvent, type IntelList } from '../domain/intel';
import { LAST_TIME } from '../domain/last-time';
import type { AddressSet } from '../intel/address-set';
import { contentName } from '../intel/address-set';
import { readUnnamed } from '../intel/fetch-list';

/** Lists for a backtest: in force from the beginning, with all that they hold. */
export interface BacktestIntel {
  readonly event: IntelEvent;
  readonly ask: AskList;
  /** How many entries of a file were left out, and why. */
  readonly leftOut: readonly { readonly file: string; readonly reason: string; readonly count: number }[];
}

/** Files of lists, by what they say of an address. */
export type ListFiles = Readonly<Record<IntelList['says'], readonly string[]>>;

/** Entries that are good for some seconds are good for these in a list that was written in 2096: in a recording, always. */
const FAR_OFF = 4e12;

/**
 * Reads lists of any format. Entries that have run out are there, too: what counts is the time of the recorded use.
 * @throws IncidentError INTEL_LIST_UNREACHABLE, INTEL_LIST_UNREADABLE
 */
export async function readIntel(files: ListFiles): Promise<BacktestIntel> {
  const contents = new Map<string, AddressSet>();
  const lists: IntelEvent['lists'] = [];
  const left: BacktestIntel['leftOut'][number][] = [];
  const named = INTEL_SAYS.flatMap((says) => files[says].map((file) => ({ says, file })));
  for (const { says, file } of named) {
    const { networks, leftOut } = await readUnnamed(resolve(file), FAR_OFF, 0);
    for (const [reason, count] of Object.entries(leftOut)) left.push({ file, reason, count });
    const content = contentName(networks.encode());
    contents.set(content, networks);
    const name =
      basename(file)
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, '-')
        .replace(/^-+|-+$/g, '')
        .slice(0, 48) || 'list';
    lists.push({ name, content, says, trust: 'medium', until: LAST_TIME });
  }
  return {
    event: { kind: 'intel', id: 'threat-lists', at: 0, lists },
    ask: (content, address, at) => contents.get(content)?.find(address, at),
    leftOut: left,
  };
}
