import type { Listing } from '../domain/intel';
import type { UsageEvent } from '../domain/usage-event';
import { agentFamily } from './agent-family';
import { operatorOf } from './clouds';
import { markOf } from './marks';
import { serviceOf } from './service-of';

/** Where an address lies, as far as we can tell; an empty string where we cannot. */
export interface Place {
  /** The address's network: see `networkKey`. */
  readonly network: string;
  /** ISO 3166-1 alpha-2 of the country its network is registered in. */
  readonly country: string;
  /** Number of the autonomous system that routes it; missing, or 0, where nobody says. */
  readonly asn?: number;
  /** Of `network` and `country` (marks.ts), where somebody made them once for many events. */
  readonly networkMark?: number;
  readonly countryMark?: number;
  /** Of the address, likewise. */
  readonly addressMark?: number;
}

export const NOWHERE: Place = { network: '', country: '' };

/** What rows keep of a use's names (marks.ts); 0 where there is none. */
export interface Marks {
  readonly agent: number;
  readonly action: number;
  /** Of the action: see `serviceOf`. */
  readonly service: number;
  readonly network: number;
  /** Whose network it is: see `operatorOf`. */
  readonly operator: number;
  readonly country: number;
  /** Of an address of which no network is known: 0. */
  readonly address: number;
}

/** A usage event with everything detectors ask of its address and agent, worked out once. */
export interface LocatedUsageEvent {
  readonly event: UsageEvent;
  readonly place: Place;
  /** The agent without versions: see `agentFamily`. */
  readonly agent: string;
  readonly marks: Marks;
  /** What lists in force say of its address. */
  readonly listings: readonly Listing[];
}

/** `seed` of the subject: see marks.ts. */
export function locatedUse(
  event: UsageEvent,
  place: Place,
  listings: readonly Listing[],
  seed: number,
): LocatedUsageEvent {
  const agent = agentFamily(event.client.agent);
  const marks = {
    agent: markOf(agent),
    action: markOf(event.action.name, seed),
    service: markOf(serviceOf(event.action.name), seed),
    network: place.networkMark ?? markOf(place.network),
    operator: operatorOf(place.asn ?? 0),
    country: place.countryMark ?? markOf(place.country),
    address: place.addressMark ?? (place.network === '' ? 0 : markOf(event.client.address)),
  };
  return { event, place, agent, marks, listings };
}
