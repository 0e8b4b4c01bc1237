import type { Listing } from '../domain/intel';
import type { UsageEvent } from '../domain/usage-event';

/** Where an address lies, as far as we can tell; an empty string where we cannot. */
export interface Place {
  /** The address's network: see `networkKey`. */
  readonly network: string;
  /** ISO 3166-1 alpha-2 of the country its network is registered in. */
  readonly country: string;
  /** Number of the autonomous system that routes it; missing, or 0, where nobody says. */
  readonly asn?: number;
}

export const NOWHERE: Place = { network: '', country: '' };

/** A usage event with everything detectors ask of its address and agent, worked out once. */
export interface LocatedUsageEvent {
  readonly event: UsageEvent;
  readonly place: Place;
  /** The agent without versions: see `agentFamily`. */
  readonly agent: string;
  /** What lists in force say of its address. */
  readonly listings: readonly Listing[];
}
