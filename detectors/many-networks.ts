import { cloudOf } from './clouds';
import { defineDetector, NO_FINDINGS, type Finding, type Samples, type SubjectFacts } from './detector';
import { dayOf, hasLearned, isSettled, mayBecomeKnown, teaches } from './learning';
import type { LocatedUsageEvent } from './located-event';
import { noteRoaming, NOT_ROAMING, roamsIn, settleIn } from './roaming';
import type { Row, Rows } from './rows';
import {
  keepSeen,
  latestDayOf,
  SEEN,
  seenIn,
  touchSeen,
  usualAt,
  usualIn,
  withUse,
  type SeenNetwork,
} from './seen-networks';
import { manyPlaces, SAMPLE_PLACES, sampleUse, steadyLife } from './sample-life';

const PARAMETERS = {
  /** reference/detection.md 1.2.8. */
  windowMs: 300_000,
  /** Two networks in two countries is Elastic's rule; one more keeps a failover of two sites quiet. */
  fewNetworks: 3,
  fewCountries: 2,
  fewConfidence: 0.6,
  /** 10 autonomous systems, or 50 addresses, in 5 minutes: reference/detection.md 1.2.8. A network of which nobody says whose it is counts for itself. */
  manySystems: 10,
  manyConfidence: 0.85,
  floodNetworks: 50,
  floodConfidence: 0.95,
  /** Before anything is usual so many may be a botnet, or a value that is in every copy of an application: said weakly, for others to confirm. Ours. */
  strangeConfidence: 0.6,
  /** Times the most that was usual while learning. */
  overUsual: 5,
  /** Of a credential of few networks: so many of several operators within six hours are a botnet that takes its time. Ours. */
  patientMs: 21_600_000,
  patientNetworks: 12,
  patientSystems: 3,
  patientUsual: 4,
  patientConfidence: 0.7,
  /** What was used from a network of its own nearly each time is still learnt until its habits are settled, unless as many networks came within a minute. Ours. */
  slowMs: 60_000,
  slowNetworks: 10,
  /** Whose usual networks are so many lives with operators, not with networks. Ours. */
  manyUsual: 6,
  /** What was usual is no more when not half of it was in use at once for so long, in which there was use: as known values are forgotten (known-values.ts). */
  daysToForget: 30,
} as const;

/**
 * `seen`: networks (seen-networks.ts). `usual`: the most networks that appeared within one window while habits
 * were learnt, and the last day on which half as many were in use at once; no day in old snapshots. `roaming`: operators of what is usual, and those that it moves within.
 */
type SpreadRows = Rows<'seen' | 'usual' | 'roaming'>;

/** One value used from many networks that all appeared within minutes: a botnet, or a value that was posted somewhere. */
export const manyNetworks = defineDetector<keyof SpreadRows>({
  id: 'many-networks',
  family: 'spread',
  parameters: PARAMETERS,
  initial: { seen: [], usual: [0, 0], roaming: NOT_ROAMING },
  judge,
  remember,
  samples,
});

function judge(rows: SpreadRows, located: LocatedUsageEvent, facts: SubjectFacts): readonly Finding[] {
  const { at } = located.event;
  const { network } = located.marks;
  if (network === 0 || usualAt(rows.seen, network) !== -1 || isOfOwnArea(rows, located)) return NO_FINDINGS;
  const before = seenIn(rows.seen);
  const { entry, seen } = withUse(before, located, false);
  if (!hasLearned(facts, at)) return judgeBeginning(seen, at);
  if (goesOnLearning(before, at, facts)) return NO_FINDINGS;
  if (!isFresh(entry, at)) return judgeSlowSpread(seen, entry, at);
  const told = judgeSpread(seen, usualNow(rows.usual, before, at), at);
  return told.length > 0 ? told : judgeSlowSpread(seen, entry, at);
}

function remember(rows: SpreadRows, located: LocatedUsageEvent, facts: SubjectFacts): void {
  const { at } = located.event;
  const { network } = located.marks;
  if (network === 0) return;
  const usual = usualAt(rows.seen, network);
  if (usual !== -1) {
    if (touchSeen(rows.seen, usual, at) && teaches(located, facts)) keepUsual(rows, at);
    return;
  }
  const before = seenIn(rows.seen);
  const isLearning = teaches(located, facts) && (!hasLearned(facts, at) || goesOnLearning(before, at, facts));
  const isOfOwn = !isLearning && isOfOwnArea(rows, located);
  learnOperator(rows, located, isLearning, facts);
  if (isOfOwn) return;
  const { seen } = withUse(before, located, isLearning);
  keepSeen(rows.seen, seen);
  if (isLearning) rows.usual.replace([Math.max(rows.usual.get(0), countUsual(seen, at)), dayOf(at)]);
  else if (teaches(located, facts)) keepUsual(rows, at);
}

/**
 * Functions and hosted runners start by the hundred, each in another network of their cloud: those are one place. So is an operator's country to what has lived in many networks from
 * the start, as a key in an application does.
 */
function isOfOwnArea(rows: SpreadRows, { event, place }: LocatedUsageEvent): boolean {
  const isOneOfMany = cloudOf(place.asn ?? 0) !== '' || usualIn(rows.seen) >= PARAMETERS.manyUsual;
  return isOneOfMany && roamsIn(rows.roaming, place, dayOf(event.at));
}

/** Ten uses from ten networks are no habit to compare with, where they came one by one. */
function goesOnLearning(seen: readonly SeenNetwork[], at: number, facts: SubjectFacts): boolean {
  const { slowMs, slowNetworks } = PARAMETERS;
  if (isSettled(facts, at) || seen.filter(({ usual }) => usual).length * 2 < facts.cleanUses) return false;
  return seen.filter(({ firstAt }) => Math.abs(at - firstAt) <= slowMs).length < slowNetworks;
}

function learnOperator(
  { roaming }: SpreadRows,
  located: LocatedUsageEvent,
  isLearning: boolean,
  facts: SubjectFacts,
): void {
  const { event, place } = located;
  const day = dayOf(event.at);
  if (isLearning) settleIn(roaming, place, day);
  else if (mayBecomeKnown(located, facts)) noteRoaming(roaming, place, day);
}

/** Notes that as many networks as ever are in use still, once a day. */
function keepUsual({ seen, usual }: SpreadRows, at: number): void {
  const [most, lastDay, day] = [usual.get(0), usual.get(1), dayOf(at)];
  // Of fewer the detector would say the same without.
  if (most < PARAMETERS.fewNetworks || lastDay >= day) return;
  const inUse = seenIn(seen).filter(({ lastAt }) => Math.abs(at - lastAt) <= PARAMETERS.windowMs).length;
  if (lastDay === 0 || inUse * 2 >= most) usual.replace([most, day]);
}

/** The usual number of networks, unless that is long ago. While nothing is used at all nothing is forgotten. */
function usualNow(usual: Row, seen: readonly SeenNetwork[], at: number): number {
  const [most, lastDay] = [usual.get(0), usual.get(1)];
  const isForgotten = (day: number): boolean => day - lastDay > PARAMETERS.daysToForget;
  return lastDay !== 0 && isForgotten(dayOf(at)) && isForgotten(latestDayOf(seen)) ? 0 : most;
}

function judgeSpread(seen: readonly SeenNetwork[], usual: number, at: number): readonly Finding[] {
  const fresh = seen.filter((entry) => !entry.usual && isFresh(entry, at));
  const countries = new Set(fresh.map((entry) => entry.country).filter((country) => country !== 0)).size;
  // A credential of so many places has no usual number of them.
  if (usual > SEEN.usualRemembered) return NO_FINDINGS;
  const kept = seen.filter((entry) => entry.usual).length;
  const room = SEEN.remembered - Math.min(kept, SEEN.usualRemembered);
  const systems = countSystems(fresh);
  const confidence = weigh({ networks: fresh.length, systems, countries, usual, room });
  if (confidence === 0) return NO_FINDINGS;
  const from = countries > 1 ? ` in ${countries} countries` : '';
  const reason = `used from ${fresh.length} new networks${from} within 5 min`;
  const severity = confidence >= 0.7 ? 'medium' : 'low';
  return [{ severity, confidence, deterministic: false, accuses: 'use', reason }];
}

/** Networks that come one after the other, each alone in its five minutes. */
function judgeSlowSpread(seen: readonly SeenNetwork[], entry: SeenNetwork, at: number): readonly Finding[] {
  const { patientMs, patientNetworks, patientSystems, patientUsual, patientConfidence: confidence } = PARAMETERS;
  const isLate = ({ usual, firstAt }: SeenNetwork): boolean => !usual && Math.abs(at - firstAt) <= patientMs;
  if (!isLate(entry)) return NO_FINDINGS;
  const lately = seen.filter(isLate);
  const inUse = seen.filter((one) => !isLate(one) && dayOf(at) - dayOf(one.lastAt) <= PARAMETERS.daysToForget);
  if (lately.length < patientNetworks || inUse.length > patientUsual || countSystems(lately) < patientSystems)
    return NO_FINDINGS;
  const reason = `used from ${lately.length} new networks within 6 h, and from ${inUse.length} in a month before`;
  return [{ severity: 'medium', confidence, deterministic: false, accuses: 'use', reason }];
}

function countSystems(seen: readonly SeenNetwork[]): number {
  return new Set(seen.map(({ operator, mark }) => (operator === 0 ? -mark : operator))).size;
}

/** Of a credential of which nothing is known yet. */
function judgeBeginning(seen: readonly SeenNetwork[], at: number): readonly Finding[] {
  const { floodNetworks, strangeConfidence: confidence } = PARAMETERS;
  const networks = seen.filter((entry) => isFresh(entry, at)).length;
  if (networks < floodNetworks) return NO_FINDINGS;
  const reason = `used from ${networks} networks within 5 min, before it was known from any`;
  return [{ severity: 'low', confidence, deterministic: false, accuses: 'traffic', reason }];
}

interface Spread {
  readonly networks: number;
  readonly systems: number;
  readonly countries: number;
  readonly usual: number;
  /** More than so many can't be told apart. */
  readonly room: number;
}

function weigh({ networks, systems, countries, usual, room }: Spread): number {
  const atLeast = (most: number): number => Math.min(room, Math.max(most, usual * PARAMETERS.overUsual));
  if (networks >= atLeast(PARAMETERS.floodNetworks)) return PARAMETERS.floodConfidence;
  if (systems >= atLeast(PARAMETERS.manySystems)) return PARAMETERS.manyConfidence;
  const few = networks >= Math.max(PARAMETERS.fewNetworks, usual + 1) && countries >= PARAMETERS.fewCountries;
  return few ? PARAMETERS.fewConfidence : 0;
}

function isFresh(entry: SeenNetwork, at: number): boolean {
  return Math.abs(at - entry.firstAt) <= PARAMETERS.windowMs;
}

function countUsual(seen: readonly SeenNetwork[], at: number): number {
  return seen.filter((entry) => entry.usual && isFresh(entry, at)).length;
}

function samples(): Samples {
  const life = steadyLife({ count: 60, everyMs: 100 });
  const botnet = manyPlaces(80, ['BR', 'VN', 'NG', 'IN']);
  const uses = (addresses: readonly string[], everyMs: number) =>
    addresses.map((address, index) => sampleUse({ afterMs: 7_000 + index * everyMs, address }));
  const places = { ...SAMPLE_PLACES, ...botnet };
  const day = 86_400_000;
  const strangers = Object.fromEntries(
    ['CA', 'JP', 'ZA'].map((country, index) => [`100.99.${index}.7`, { network: `100.99.${index}.0/24`, country }]),
  );
  const addresses = Object.keys(botnet);
  const oneCountry = manyPlaces(9, ['DE']);
  const rotating = Object.fromEntries(
    Object.entries(manyPlaces(15, ['DE'])).map(([address, place]) => [address, { ...place, asn: 16509 }]),
  );
  const applied = Object.fromEntries(
    Object.entries(botnet).map(([address, place]) => [address, { ...place, asn: 64_500 }]),
  );
  const ownPlaces = Object.fromEntries(
    Array.from({ length: 20 }, (_, index) => [`100.65.${index}.1`, { network: `100.65.${index}.0/24`, country: 'DE' }]),
  );
  return {
    positives: [
      {
        title: 'a botnet against what many networks use',
        events: [
          ...Object.keys(ownPlaces).flatMap((address) => steadyLife({ count: 6, everyMs: 100, address })),
          ...addresses.map((address, index) => sampleUse({ afterMs: 900_000 + index * 20, address })),
        ],
        places: { ...ownPlaces, ...botnet },
      },
      {
        title: 'a botnet of eighty, with a credential that nobody has used before',
        events: addresses.map((address, index) => sampleUse({ afterMs: index * 20, address })),
        places,
      },
      {
        title: 'a botnet of one country that takes its time',
        events: [
          ...life,
          ...uses(Object.keys(oneCountry), 600_000),
          ...uses(Object.keys(ownPlaces).slice(0, 5), 700_000),
        ].sort((a, b) => a.at - b.at),
        places: { ...SAMPLE_PLACES, ...oneCountry, ...ownPlaces },
      },
      { title: 'a botnet of eighty', events: [...life, ...uses(addresses, 20)], places },
      {
        title: 'three networks, with a credential that began with a flood and lives a quiet life since',
        events: [
          ...addresses.map((address, index) => sampleUse({ afterMs: index * 20, address })),
          ...steadyLife({ count: 40, everyMs: day, afterMs: day }),
          ...Object.keys(strangers).map((address, index) => sampleUse({ afterMs: 41 * day + index * 1_000, address })),
        ],
        places: { ...places, ...strangers },
      },
      { title: 'three networks in two countries', events: [...life, ...uses(addresses.slice(0, 3), 1_000)], places },
    ],
    nearMisses: [
      {
        title: 'fifteen networks of one system, as of an egress that rotates',
        events: [...life, ...uses(Object.keys(rotating), 1_000)],
        places: { ...SAMPLE_PLACES, ...rotating },
      },
      {
        title: 'nine new networks of one country, as in a redeployment',
        events: [...life, ...uses(Object.keys(oneCountry), 1_000)],
        places: { ...SAMPLE_PLACES, ...oneCountry },
      },
      { title: 'two sites', events: [...life, ...uses(addresses.slice(0, 2), 500)], places },
      {
        title: 'eleven new networks, one every four minutes',
        events: [...life, ...uses(addresses.slice(0, 11), 240_000)],
        places,
      },
      {
        title: 'fifteen new networks of one operator, one every four minutes',
        events: [...life, ...uses(Object.keys(rotating), 240_000)],
        places: { ...SAMPLE_PLACES, ...rotating },
      },
      {
        title: 'an application that many people use, a minute apart',
        events: [...addresses, ...addresses].map((address, index) => sampleUse({ afterMs: index * 60_000, address })),
        places: applied,
      },
    ],
  };
}
