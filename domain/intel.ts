import { z } from 'zod';
import { LAST_TIME } from './last-time';

/**
 * What a list says of an address: `hostile`; that it is `harmless`, whatever other lists say of it; or that it is `familiar`, such as our own VPN,
 * a relay or an office: that the credential was never used from there says nothing.
 */
export const INTEL_SAYS = ['hostile', 'harmless', 'familiar'] as const;

/** How far a hostile list is believed by itself. `low`: only together with others, such as Tor exits or datacenters. */
export const INTEL_TRUST = ['low', 'medium', 'high'] as const;

/** Lists of one deployment: each is looked up for every event. */
export const MOST_INTEL_LISTS = 64;

const time = z.number().int().nonnegative().max(LAST_TIME);

/** A list as it is in force: its name, and which content it has. Nothing in it changes without another event. */
export const intelList = z.strictObject({
  /** Of the settings file. */
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,47}$/),
  /** SHA-256 of its networks (intel/address-set.ts), in hex: the same name stands for the same networks for ever. */
  content: z.string().regex(/^[0-9a-f]{64}$/),
  says: z.enum(INTEL_SAYS),
  trust: z.enum(INTEL_TRUST),
  /** From then on nobody has confirmed it for too long, and it says nothing any more; milliseconds since the epoch. */
  until: time,
});

/**
 * From here on these lists are in force in this partition, and no others. It stands in the stream among the uses, so that what the detectors say stays a
 * function of the partition's events.
 */
export const intelEvent = z.strictObject({
  kind: z.literal('intel'),
  id: z.string().min(1).max(200),
  at: time,
  lists: z.array(intelList).max(MOST_INTEL_LISTS),
});

export type IntelList = z.infer<typeof intelList>;
export type IntelEvent = z.infer<typeof intelEvent>;

/** One list's word about one address. */
export interface Listing {
  readonly list: string;
  readonly says: IntelList['says'];
  readonly trust: IntelList['trust'];
  /** How many sources the list counts behind this entry; 1 where it counts none. */
  readonly sources: number;
  /** When the entry or its list runs out, milliseconds since the epoch. */
  readonly until: number;
}
