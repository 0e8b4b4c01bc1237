import { issuedTo } from '../domain/principal-of';
import type { UsageEvent } from '../domain/usage-event';
import { cloudOf } from './clouds';
import { COUNTRY_NUMBERS, countryNumber, countryOfNumber } from './country-number';
import { defineDetector, NO_FINDINGS, type Finding, type Samples, type SubjectFacts } from './detector';
import { leastDistanceKm } from './geography/distance';
import { isNew, NOTHING_BUT_NEWS, weighNews } from './known-values';
import {
  dayOf,
  DAYS_OF_GRAVE_NEWS,
  hasLearned,
  isSettled,
  LEARNING,
  OF_MANY_PLACES,
  teaches,
  testimonyOf,
} from './learning';
import type { LocatedUsageEvent, Place } from './located-event';
import { markOf } from './marks';
import { duration } from './person-text';
import type { Rows } from './rows';
import { SAMPLE_PLACES, sampleUse, steadyLife } from './sample-life';

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
  /**
   * To or from a large cloud, whose addresses are registered far from where they stand, or by a person who has just begun, as behind a VPN: no more than a new country and one witness with it, but a
   * strong one. Ours.
   */
  cloudConfidence: 0.7,
  /** Countries remembered; the stalest goes first. */
  places: 16,
  /**
   * What was in so many countries when it began goes on showing where it lives until its habits are settled: unless they came within seconds, and not from its first uses on, of which no
   * more than so many stayed where the one before was. Ours.
   */
  beginsInCountries: 4,
  mostStayed: 3,
  /** What is used in so many within a day is used by many, as a key in an application is. Ours. */
  manyCountries: 8,
} as const;

/** Last known use is kept to this. */
const RESOLUTION_MS = 1_000;

/** Added to a country's number where the use came from a cloud that says it is there. */
const IN_CLOUD = COUNTRY_NUMBERS;

/**
 * `places`: countries of unsuspected use (`numberOf`), apart of clouds, each with the time it was last seen there. `sessions`: for each of them the credential that was, where a principal has
 * many (marks.ts). `arrivals`: countries that are on their way to being known. `began`: the country of the last use while
 * habits were learnt, and how many uses stayed in the country of the one before.
 */
type TravelRows = Rows<'places' | 'sessions' | 'arrivals' | 'began'>;

const LAST = 0;
const STAYED = 1;

type Seen = readonly [place: number, lastAt: number, session: number];

/**
 * Use from a country that nobody could have reached since the last use elsewhere. Countries the credential is regularly used from
 * are never travelled to: a use there only proves that it lives there. The thief's own use teaches nothing, so the owner's next use is
 * no travel back. Of a role's short-lived credentials each travels for itself: it is at many places at once. Who travels to and fro on seven days lives there, too.
 */
export const impossibleTravel = defineDetector<keyof TravelRows>({
  id: 'impossible-travel',
  family: 'travel',
  parameters: PARAMETERS,
  initial: { places: [], sessions: [], arrivals: NOTHING_BUT_NEWS, began: [0, 0] },
  judge,
  remember,
  samples,
});

function judge(rows: TravelRows, located: LocatedUsageEvent, facts: SubjectFacts): readonly Finding[] {
  const { at } = located.event;
  const { country } = located.place;
  const journey = journeyOf(rows, located, facts);
  if (!journey) return NO_FINDINGS;
  const far = Math.floor(journey.km / 100) * 100;
  const reason = `used from ${country} ${duration(at - journey.lastAt)} after use in ${journey.from}, at least ${far.toLocaleString('en')} km away`;
  const told = { severity: 'medium', deterministic: false, accuses: 'use', reason } as const;
  if (journey.isSure) return [{ ...told, confidence: PARAMETERS.confidence }];
  return [{ ...told, confidence: PARAMETERS.cloudConfidence, family: 'origin' }];
}

function remember(rows: TravelRows, located: LocatedUsageEvent, facts: SubjectFacts): void {
  const { country } = located.place;
  if (country === '') return;
  if (journeyOf(rows, located, facts)) arrive(rows, located, facts);
  else if (teaches(located, facts)) {
    if (facts.cleanUses < LEARNING.leastUses) noteBeginning(rows, countryNumber(country));
    settle(rows, located);
  }
}

function noteBeginning({ began }: TravelRows, country: number): void {
  if (began.get(LAST) === country) began.add(STAYED, 1);
  began.set(LAST, country);
}

function arrive(rows: TravelRows, located: LocatedUsageEvent, facts: SubjectFacts): void {
  const country = countryNumber(located.place.country);
  const day = dayOf(located.event.at);
  weighNews(rows.arrivals, country, day, testimonyOf(OF_MANY_PLACES, located, facts), DAYS_OF_GRAVE_NEWS);
  if (!isNew(rows.arrivals, country, day)) settle(rows, located);
}

interface Journey {
  readonly from: string;
  readonly lastAt: number;
  readonly km: number;
  /** Neither end is a cloud's, and it is no person's who has just begun. */
  readonly isSure: boolean;
}

/** The latest use elsewhere from which its place was out of reach. */
function journeyOf(rows: TravelRows, { event, place }: LocatedUsageEvent, facts: SubjectFacts): Journey | undefined {
  if (place.country === '' || !hasLearned(facts, event.at) || isKnown(rows, place.country)) return undefined;
  const session = sessionOf(event);
  const seen = seenIn(rows).filter(([, , who]) => who === session);
  if (isOfMany(rows, seen, event.at, facts)) return undefined;
  const isInCloud = numberOf(place) >= IN_CLOUD;
  const isBeginner = event.principalKind === 'person' && event.at - facts.cleanSince < LEARNING.fullMs;
  let latest: Journey | undefined;
  for (const [from, lastAt] of seen) {
    const isFromCloud = from >= IN_CLOUD;
    // A service lives in two clouds, and nobody knows where; a person is behind the exit of a VPN.
    if (isFromCloud && isInCloud && event.principalKind !== 'person') continue;
    const elapsed = Math.max(Math.abs(event.at - lastAt), PARAMETERS.shortestMs);
    if (elapsed > PARAMETERS.windowMs || (latest && lastAt <= latest.lastAt)) continue;
    const country = countryOfNumber(from % IN_CLOUD);
    const km = leastDistanceKm(country, place.country);
    if (km >= PARAMETERS.leastKm && (km * 3_600_000) / elapsed > PARAMETERS.fastestKmPerHour)
      latest = { from: country, lastAt, km, isSure: !isFromCloud && !isInCloud && !isBeginner };
  }
  return latest;
}

/** Nobody travels who is in many countries each day. */
function isOfMany({ began }: TravelRows, seen: readonly Seen[], at: number, facts: SubjectFacts): boolean {
  const { beginsInCountries, mostStayed, manyCountries, windowMs, shortestMs } = PARAMETERS;
  const within = (time: number): number =>
    new Set(seen.filter(([, lastAt]) => Math.abs(at - lastAt) <= time).map(([place]) => place % IN_CLOUD)).size;
  if (seen.length >= manyCountries && within(windowMs) >= manyCountries) return true;
  if (isSettled(facts, at) || within(Infinity) < beginsInCountries) return false;
  return began.get(STAYED) <= mostStayed || within(shortestMs) < beginsInCountries;
}

function isKnown({ places }: TravelRows, country: string): boolean {
  const number = countryNumber(country);
  return places.indexOf(number, 2) !== -1 || places.indexOf(number + IN_CLOUD, 2) !== -1;
}

/** 0 of a credential that is its own principal, and of a person's: who is at two places with two sessions is at two places. */
function sessionOf(event: UsageEvent): number {
  return issuedTo(event) === undefined || event.principalKind === 'person' ? 0 : markOf(event.subject);
}

function settle(rows: TravelRows, { event, place }: LocatedUsageEvent): void {
  const { places } = rows;
  const [where, session, { at }] = [numberOf(place), sessionOf(event), event];
  const known = places.indexOf(where, 2);
  if (known !== -1 && at - places.get(known + 1) < RESOLUTION_MS) return;
  if (known !== -1 && rows.sessions.get(known / 2) === session) {
    places.set(known + 1, at);
    return;
  }
  const others = seenIn(rows).filter(([one]) => one !== where);
  const latest = others.toSorted(([, a], [, b]) => b - a).slice(0, PARAMETERS.places - 1);
  keep(rows, [...latest, [where, at, session]]);
}

/** Of what is its own principal no sessions are kept. */
function keep({ places, sessions }: TravelRows, seen: readonly Seen[]): void {
  places.replace(seen.flatMap(([place, lastAt]) => [place, lastAt]));
  sessions.replace(seen.some(([, , session]) => session !== 0) ? seen.map(([, , session]) => session) : []);
}

function seenIn({ places, sessions }: TravelRows): readonly Seen[] {
  return places.records(2).map(([place = 0, lastAt = 0], index) => [place, lastAt, sessions.get(index)]);
}

function numberOf({ country, asn = 0 }: Place): number {
  return countryNumber(country) + (cloudOf(asn) === '' ? 0 : IN_CLOUD);
}

function samples(): Samples {
  const life = steadyLife({ count: 60, everyMs: 100 });
  const [frankfurt, helsinki] = ['192.0.2.200', '192.0.2.220'];
  const places = {
    ...SAMPLE_PLACES,
    [frankfurt]: { network: '192.0.2.192/28', country: 'US', asn: 16509 },
    [helsinki]: { network: '192.0.2.208/28', country: 'FI', asn: 24940 },
  };
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
        title: 'from one cloud to another, which says that it is in the United States and stands in Frankfurt',
        events: [
          ...steadyLife({ count: 60, everyMs: 100, address: helsinki }),
          sampleUse({ afterMs: 7_000, address: frankfurt }),
        ],
        places,
      },
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
