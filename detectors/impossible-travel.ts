import { issuedTo } from '../domain/principal-of';
import type { UsageEvent } from '../domain/usage-event';
import { defineDetector, NO_FINDINGS, type Finding, type Samples, type SubjectFacts } from './detector';
import { leastDistanceKm } from './geography/distance';
import { consider, distrust, isNew, NOTHING_BUT_NEWS } from './known-values';
import { dayOf, DAYS_OF_GRAVE_NEWS, hasLearned, mayBecomeKnownSlowly, teaches } from './learning';
import type { LocatedUsageEvent } from './located-event';
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
  /** Countries remembered; the stalest goes first. */
  places: 16,
} as const;

/** Last known use is kept to this. */
const RESOLUTION_MS = 1_000;

/**
 * `places`: countries of unsuspected use (`numberOf`), each with the time it was last seen there. `sessions`: for each of them the credential that was, where a principal has
 * many (marks.ts). `arrivals`: countries that are on their way to being known.
 */
type TravelRows = Rows<'places' | 'sessions' | 'arrivals'>;

type Seen = readonly [country: number, lastAt: number, session: number];

/**
 * Use from a country that nobody could have reached since the last use elsewhere. Countries the credential is regularly used from
 * are never travelled to: a use there only proves that it lives there. The thief's own use teaches nothing, so the owner's next use is
 * no travel back. Of a role's short-lived credentials each travels for itself: it is at many places at once. Who travels to and fro on seven days lives there, too.
 */
export const impossibleTravel = defineDetector<keyof TravelRows>({
  id: 'impossible-travel',
  family: 'travel',
  parameters: PARAMETERS,
  initial: { places: [], sessions: [], arrivals: NOTHING_BUT_NEWS },
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
  const { confidence } = PARAMETERS;
  return [{ severity: 'medium', confidence, deterministic: false, accuses: 'use', reason }];
}

function remember(rows: TravelRows, located: LocatedUsageEvent, facts: SubjectFacts): void {
  const { country } = located.place;
  if (country === '') return;
  if (journeyOf(rows, located, facts)) arrive(rows, located, facts);
  else if (teaches(located, facts)) settle(rows, located);
}

function arrive(rows: TravelRows, located: LocatedUsageEvent, facts: SubjectFacts): void {
  const country = numberOf(located.place.country);
  const day = dayOf(located.event.at);
  if (mayBecomeKnownSlowly(located, facts)) consider(rows.arrivals, country, day, DAYS_OF_GRAVE_NEWS);
  else distrust(rows.arrivals, country);
  if (!isNew(rows.arrivals, country, day)) settle(rows, located);
}

function journeyOf(rows: TravelRows, { event, place }: LocatedUsageEvent, facts: SubjectFacts) {
  if (place.country === '' || !hasLearned(facts, event.at)) return undefined;
  return journeyTo(rows, place.country, event.at, sessionOf(event));
}

/** 0 of a credential that is its own principal, and of a person's: who is at two places with two sessions is at two places. */
function sessionOf(event: UsageEvent): number {
  return issuedTo(event) === undefined || event.principalKind === 'person' ? 0 : markOf(event.subject);
}

/** The latest use elsewhere from which `country` was out of reach. */
function journeyTo(rows: TravelRows, country: string, at: number, session: number) {
  if (rows.places.indexOf(numberOf(country), 2) !== -1) return undefined;
  let latest: { from: string; lastAt: number; km: number } | undefined;
  for (const [number, lastAt, who] of seenIn(rows)) {
    if (who !== session) continue;
    const elapsed = Math.max(Math.abs(at - lastAt), PARAMETERS.shortestMs);
    if (elapsed > PARAMETERS.windowMs || (latest && lastAt <= latest.lastAt)) continue;
    const from = countryOf(number);
    const km = leastDistanceKm(from, country);
    if (km >= PARAMETERS.leastKm && (km * 3_600_000) / elapsed > PARAMETERS.fastestKmPerHour)
      latest = { from, lastAt, km };
  }
  return latest;
}

function settle(rows: TravelRows, { event, place }: LocatedUsageEvent): void {
  const { places } = rows;
  const [country, session, { at }] = [numberOf(place.country), sessionOf(event), event];
  const known = places.indexOf(country, 2);
  if (known !== -1 && at - places.get(known + 1) < RESOLUTION_MS) return;
  if (known !== -1 && rows.sessions.get(known / 2) === session) {
    places.set(known + 1, at);
    return;
  }
  const others = seenIn(rows).filter(([one]) => one !== country);
  const latest = others.toSorted(([, a], [, b]) => b - a).slice(0, PARAMETERS.places - 1);
  keep(rows, [...latest, [country, at, session]]);
}

/** Of what is its own principal no sessions are kept. */
function keep({ places, sessions }: TravelRows, seen: readonly Seen[]): void {
  places.replace(seen.flatMap(([country, lastAt]) => [country, lastAt]));
  sessions.replace(seen.some(([, , session]) => session !== 0) ? seen.map(([, , session]) => session) : []);
}

function seenIn({ places, sessions }: TravelRows): readonly Seen[] {
  return places.records(2).map(([country = 0, lastAt = 0], index) => [country, lastAt, sessions.get(index)]);
}

/** A country's two letters as digits. */
function numberOf(country: string): number {
  return parseInt(country, 36);
}

function countryOf(number: number): string {
  return number.toString(36).toUpperCase();
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
