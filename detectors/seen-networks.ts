import { dayOf } from './learning';
import type { LocatedUsageEvent } from './located-event';
import type { Row } from './rows';

/** Networks remembered, and how many of the usual among them: as many as there is room for beside those are a flood, however many are usual. */
export const SEEN = { remembered: 64, usualRemembered: 32 } as const;

/** What is kept of each network a credential was used from. */
export interface SeenNetwork {
  /** Of the network and its country: see marks.ts. */
  readonly mark: number;
  readonly country: number;
  /** 0 where nobody says whose it is. */
  readonly operator: number;
  readonly firstAt: number;
  readonly lastAt: number;
  /** Seen while habits were learnt: part of the usual, never of a spread. */
  readonly usual: boolean;
}

const SEEN_SIZE = 6;
const LAST_AT = 4;
const USUAL = 5;

/** Last use is kept to this. */
const RESOLUTION_MS = 10_000;

export function seenIn(row: Row): readonly SeenNetwork[] {
  return row.records(SEEN_SIZE).map(([mark = 0, country = 0, operator = 0, firstAt = 0, lastAt = 0, usual]) => ({
    mark,
    country,
    operator,
    firstAt,
    lastAt,
    usual: usual === 1,
  }));
}

export function keepSeen(row: Row, seen: readonly SeenNetwork[]): void {
  row.replace(seen.flatMap((one) => [one.mark, one.country, one.operator, one.firstAt, one.lastAt, one.usual ? 1 : 0]));
}

/** With the network of a use, in place of what is known of it; without that, and where there are too many, of the stalest. */
export function withUse(
  seen: readonly SeenNetwork[],
  { event, marks }: LocatedUsageEvent,
  usual: boolean,
): { readonly entry: SeenNetwork; readonly seen: readonly SeenNetwork[] } {
  const { network: mark, operator, country } = marks;
  const known = seen.find((one) => one.mark === mark);
  const entry = { mark, country, operator, firstAt: known?.firstAt ?? event.at, lastAt: event.at, usual };
  const leaving = known ?? (seen.length < SEEN.remembered ? undefined : stalest(seen));
  return { entry, seen: [...seen.filter((other) => other !== leaving), entry] };
}

/** The unusual go before the usual: an attacker's flood must not push out the owner's own networks, of which not all are needed. */
function stalest(seen: readonly SeenNetwork[]): SeenNetwork | undefined {
  const [usual, unusual] = [seen.filter((entry) => entry.usual), seen.filter((entry) => !entry.usual)];
  const leaving = usual.length > SEEN.usualRemembered || unusual.length === 0 ? usual : unusual;
  return leaving.sort((a, b) => a.lastAt - b.lastAt)[0];
}

/** Where a usual network's numbers begin; -1 of any other. */
export function usualAt(row: Row, network: number): number {
  const index = row.indexOf(network, SEEN_SIZE);
  return index !== -1 && row.get(index + USUAL) === 1 ? index : -1;
}

export function usualIn(row: Row): number {
  let count = 0;
  for (let index = 0; index < row.length; index += SEEN_SIZE) count += row.get(index + USUAL);
  return count;
}

/** Notes the use of a network whose numbers begin there; whether that was news. */
export function touchSeen(row: Row, index: number, at: number): boolean {
  if (at - row.get(index + LAST_AT) < RESOLUTION_MS) return false;
  row.set(index + LAST_AT, at);
  return true;
}

export function latestDayOf(seen: readonly SeenNetwork[]): number {
  return Math.max(...seen.map(({ lastAt }) => dayOf(lastAt)));
}
