import { defineDetector, NO_FINDINGS, type Finding, type Samples, type SubjectFacts } from './detector';
import { leastDistanceKm } from './geography/distance';
import { hasLearned, teaches } from './learning';
import type { LocatedUsageEvent } from './located-event';
import { duration } from './person-text';
import { SAMPLE_PLACES, sampleUse, steadyLife } from './sample-life';
import { entryOf, moveToEnd } from './short-list';

const PARAMETERS = {
  /** Panther's ImpossibleTravel.Login, and the reference's choice. */
  fastestKmPerHour: 900,
  /** Elastic's Entra rule. With countries as circles it is the gap between the circles. */
  leastKm: 500,
  /** Last places are kept this long: Panther, 1 day. */
  windowMs: 86_400_000,
  /** Clocks of different sources differ: reference/detection.md 1.2.7. */
  shortestMs: 10_000,
  /** Above the 0.7 of a strong single witness; under certainty, since relays and VPNs travel too. */
  confidence: 0.8,
  /** Countries remembered; the stalest goes first. */
  places: 16,
} as const;

/** Last known use is kept to this. */
const RESOLUTION_MS = 1_000;

interface TravelState {
  /** Countries of unsuspected use, and when it was last seen there. */
  places: [country: string, lastAt: number][];
}

/**
 * Use from a country that nobody could have reached since the last use elsewhere. Countries the credential is regularly used from
 * are never travelled to: a use there only proves that it lives there. The thief's own use teaches nothing, so the owner's next use is
 * no travel back.
 */
export const impossibleTravel = defineDetector<TravelState>({
  id: 'impossible-travel',
  family: 'travel',
  parameters: PARAMETERS,
  initial: () => ({ places: [] }),
  judge,
  remember,
  samples,
});

function judge(state: TravelState, located: LocatedUsageEvent, facts: SubjectFacts): readonly Finding[] {
  const { at } = located.event;
  const { country } = located.place;
  const journey = journeyOf(state, located, facts);
  if (!journey) return NO_FINDINGS;
  const far = Math.floor(journey.km / 100) * 100;
  const reason = `used from ${country} ${duration(at - journey.lastAt)} after use in ${journey.from}, at least ${far.toLocaleString('en')} km away`;
  const { confidence } = PARAMETERS;
  return [{ severity: 'medium', confidence, deterministic: false, accuses: 'use', reason }];
}

function remember(state: TravelState, located: LocatedUsageEvent, facts: SubjectFacts): void {
  const { country } = located.place;
  if (country === '' || !teaches(located, facts) || journeyOf(state, located, facts)) return;
  settle(state, country, located.event.at);
}

function journeyOf(state: TravelState, { event, place }: LocatedUsageEvent, facts: SubjectFacts) {
  if (place.country === '' || !hasLearned(facts, event.at)) return undefined;
  return journeyTo(state, place.country, event.at);
}

/** The latest use elsewhere from which `country` was out of reach. */
function journeyTo(state: TravelState, country: string, at: number) {
  if (entryOf(state.places, country)) return undefined;
  let latest: { from: string; lastAt: number; km: number } | undefined;
  for (const [from, lastAt] of state.places) {
    const elapsed = Math.max(Math.abs(at - lastAt), PARAMETERS.shortestMs);
    if (elapsed > PARAMETERS.windowMs || (latest && lastAt <= latest.lastAt)) continue;
    const km = leastDistanceKm(from, country);
    if (km >= PARAMETERS.leastKm && (km * 3_600_000) / elapsed > PARAMETERS.fastestKmPerHour)
      latest = { from, lastAt, km };
  }
  return latest;
}

function settle(state: TravelState, country: string, at: number): void {
  const known = entryOf(state.places, country);
  if (known && at - known[1] < RESOLUTION_MS) return;
  if (known) {
    known[1] = at;
    moveToEnd(state.places, known);
    return;
  }
  if (state.places.length >= PARAMETERS.places)
    state.places = state.places.toSorted((a, b) => b[1] - a[1]).slice(0, -1);
  state.places.push([country, at]);
}

function samples(): Samples {
  const life = steadyLife({ count: 60, everyMs: 100 });
  const places = SAMPLE_PLACES;
  const hour = 3_600_000;
  return {
    positives: [
      {
        title: 'Germany, and Brazil a second later',
        events: [...life, sampleUse({ afterMs: 7_000, address: '198.51.100.20' })],
        places,
      },
      {
        title: 'amid constant use at home',
        events: [
          ...life,
          sampleUse({ afterMs: 5_999, address: '198.51.100.20' }),
          ...steadyLife({ count: 20, everyMs: 50, afterMs: 6_000 }),
        ],
        places,
      },
    ],
    nearMisses: [
      {
        title: 'Brazil after a long flight',
        events: [...life, sampleUse({ afterMs: 20 * hour, address: '198.51.100.20' })],
        places,
      },
      {
        title: 'a neighbour country at once',
        events: [...life, sampleUse({ afterMs: 7_000, address: '203.0.113.30' })],
        places,
      },
      {
        title: 'a service in each of two far countries',
        events: life.flatMap((use, index) => [use, sampleUse({ afterMs: index * 100 + 50, address: '198.51.100.20' })]),
        places,
      },
      {
        title: 'country unknown',
        events: [...life, sampleUse({ afterMs: 7_000, address: '10.0.0.1' })],
        places,
      },
    ],
  };
}
