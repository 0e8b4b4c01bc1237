import { defineDetector, NO_FINDINGS, type Finding, type Samples, type SubjectFacts } from './detector';
import { isObjectedOnlyBy, isSettled, LEARNING, teaches } from './learning';
import type { LocatedUsageEvent } from './located-event';
import type { Row, Rows } from './rows';
import { SAMPLE_PLACES, sampleUse, steadyLife } from './sample-life';

const PARAMETERS = {
  /** Two or three machines have addresses that one can know; what has more gets new ones every day. Ours. */
  mostAddresses: 4,
  /** A machine beside known ones is mostly another of the same: the least that counts as a witness at all (`leastWitness`). */
  confidence: 0.2,
  /** Uses before it knows its addresses. */
  leastUses: LEARNING.fullUses,
} as const;

/**
 * Of what it is used from: uses so far, as far as they decide, or `MANY` once there were more addresses than are told apart; and of each address its mark and that of its
 * network (marks.ts).
 */
type HomeRows = Rows<'home'>;

const MANY = -1;
const FIRST = 1;
const SIZE = 2;

/** A new address in a network that the credential is known in, of a credential that has few addresses. Of new networks `new-origin` speaks. */
export const newAddress = defineDetector<keyof HomeRows>({
  id: 'new-address',
  family: 'origin',
  parameters: PARAMETERS,
  initial: { home: [0] },
  judge,
  remember,
  samples,
});

function judge({ home }: HomeRows, located: LocatedUsageEvent, facts: SubjectFacts): readonly Finding[] {
  const { event, marks, place } = located;
  if (home.get(0) < PARAMETERS.leastUses || !isSettled(facts, event.at)) return NO_FINDINGS;
  if (isKnown(home, marks.address) || !isNetworkKnown(home, marks.network)) return NO_FINDINGS;
  const { confidence } = PARAMETERS;
  const reason = `used from a new address in ${place.network}`;
  return [{ severity: 'low', confidence, deterministic: false, accuses: 'use', reason }];
}

function remember({ home }: HomeRows, located: LocatedUsageEvent, facts: SubjectFacts): void {
  const { marks } = located;
  if (marks.address === 0 || home.get(0) === MANY) return;
  // What only this detector and its family say is learnt at once: it is said once of each address.
  const harmless = isObjectedOnlyBy(['origin'], located, facts);
  const isKnownNetwork = home.length === FIRST || isNetworkKnown(home, marks.network);
  if (!teaches(located, facts) && !(harmless && isKnownNetwork)) return;
  if (!isKnown(home, marks.address)) {
    const isFull = home.length >= FIRST + SIZE * PARAMETERS.mostAddresses;
    home.replace(isFull ? [MANY] : [...home.toArray(), marks.address, marks.network]);
  }
  if (home.get(0) !== MANY && home.get(0) < PARAMETERS.leastUses) home.add(0, 1);
}

function isKnown(home: Row, address: number): boolean {
  return address === 0 || home.indexOf(address, SIZE, FIRST) !== -1;
}

function isNetworkKnown(home: Row, network: number): boolean {
  return home.indexOf(network, SIZE, FIRST + 1) !== -1;
}

function samples(): Samples {
  const places = SAMPLE_PLACES;
  const life = steadyLife({ count: 60, everyMs: 100 });
  const addresses = Array.from({ length: 40 }, (_, index) => `192.0.2.${100 + index}`);
  const rotating = Object.fromEntries(addresses.map((address) => [address, SAMPLE_PLACES['192.0.2.10']!]));
  return {
    positives: [
      {
        title: 'the machine beside the known one',
        events: [...life, sampleUse({ afterMs: 7_000, address: '192.0.2.11' })],
        places,
      },
    ],
    nearMisses: [
      {
        title: 'before it knows its addresses',
        events: [...steadyLife({ count: 30, everyMs: 200 }), sampleUse({ afterMs: 7_000, address: '192.0.2.11' })],
        places,
      },
      {
        title: 'one of two machines',
        events: [
          ...life.flatMap((use, index) => [use, sampleUse({ afterMs: index * 100 + 50, address: '192.0.2.11' })]),
        ],
        places,
      },
      {
        title: 'a pool that changes its addresses',
        events: addresses.flatMap((address, index) =>
          steadyLife({ count: 5, everyMs: 100, afterMs: index * 600, address }),
        ),
        places: rotating,
      },
      { title: 'another network', events: [...life, sampleUse({ afterMs: 7_000, address: '203.0.113.30' })], places },
    ],
  };
}
