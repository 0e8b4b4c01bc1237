import ipaddr from 'ipaddr.js';
import type { UsageEvent } from './usage-event';

/** Who used a credential from one address. */
export interface Place {
  readonly address: string;
  readonly uses: number;
  /** Times of the events, milliseconds since the epoch. */
  readonly firstAt: number;
  readonly lastAt: number;
  /** The most frequent first. */
  readonly agents: readonly string[];
  readonly actions: readonly string[];
}

interface Counted {
  uses: number;
  firstAt: number;
  lastAt: number;
  readonly agents: Map<string, number>;
  readonly actions: Map<string, number>;
}

/** What is counted of one credential: as many addresses, and names of each kind at one. What comes after that is counted without its name. */
const MOST_ADDRESSES = 1_000;
const MOST_NAMES = 50;

/** Folds the uses of one credential by address: of the accepted ones, without our own probes. */
export class UseByPlace {
  readonly #places = new Map<string, Counted>();
  /** Of addresses that there was no room for. */
  uncounted = 0;

  see({ at, client, action, outcome, probe }: UsageEvent): void {
    if (outcome !== 'accepted' || probe !== undefined || !ipaddr.isValid(client.address)) return;
    // IPv4 that was mapped into IPv6 is the same place.
    const address = ipaddr.process(client.address).toString();
    const place = this.#places.get(address) ?? this.#add(address, at);
    if (!place) return void this.uncounted++;
    place.uses++;
    place.firstAt = Math.min(place.firstAt, at);
    place.lastAt = Math.max(place.lastAt, at);
    count(place.agents, productOf(client.agent));
    count(place.actions, action.name);
  }

  /** The most used first. */
  places(): readonly Place[] {
    return [...this.#places]
      .map(([address, { agents, actions, ...seen }]) => ({
        address,
        ...seen,
        agents: mostFirst(agents),
        actions: mostFirst(actions),
      }))
      .sort((a, b) => b.uses - a.uses || (a.address < b.address ? -1 : 1));
  }

  #add(address: string, at: number): Counted | undefined {
    if (this.#places.size >= MOST_ADDRESSES) return undefined;
    const place = { uses: 0, firstAt: at, lastAt: at, agents: new Map(), actions: new Map() };
    this.#places.set(address, place);
    return place;
  }
}

/** Its first product (RFC 9110, 10.1.5) without the version, so that an update is not another user. */
function productOf(agent: string): string {
  return /^[^\s/]+/.exec(agent)?.[0] ?? '';
}

function count(names: Map<string, number>, name: string): void {
  if (name !== '' && (names.has(name) || names.size < MOST_NAMES)) names.set(name, (names.get(name) ?? 0) + 1);
}

function mostFirst(names: ReadonlyMap<string, number>): readonly string[] {
  return [...names].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([name]) => name);
}
