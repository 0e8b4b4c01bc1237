import type { Family } from '../domain/families';
import { cloudOf } from './clouds';
import { defineDetector, NO_FINDINGS, type Finding, type Samples, type SubjectFacts } from './detector';
import { isNew, NOTHING_BUT_NEWS, weighNews } from './known-values';
import { dayOf, DAYS_OF_GRAVE_NEWS, hasLearned, isSettled, mayBecomeKnown, teaches, testimonyOf } from './learning';
import type { LocatedUsageEvent } from './located-event';
import { markOf } from './marks';
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
import { countUsual, isFresh, judgeBeginning, judgeSlowSpread, judgeSpread, SPREAD } from './spread';
import { manyPlaces, SAMPLE_PLACES, sampleUse, steadyLife } from './sample-life';

const PARAMETERS = {
  ...SPREAD,
  /** What was used from a network of its own nearly each time goes on being learnt until its habits are settled; and each second time, unless so many came within a minute. Ours. */
  ownShare: 0.8,
  fewOwnShare: 0.5,
  slowMs: 60_000,
  slowNetworks: 10,
  /** Whose usual networks are so many lives with operators, not with networks. Ours. */
  manyUsual: 6,
} as const;

/**
 * `seen`: networks (seen-networks.ts). `usual`: the most networks that appeared within one window while habits
 * were learnt, and the last day on which half as many were in use at once; no day in old snapshots. `roaming`: operators of what is usual, and those that it moves within. `spreads`: days on which it was told.
 */
type SpreadRows = Rows<'seen' | 'usual' | 'roaming' | 'spreads'>;

const SPREADS = markOf('spreads');

/** One value used from many networks that all appeared within minutes: a botnet, or a value that was posted somewhere. */
export const manyNetworks = defineDetector<keyof SpreadRows>({
  id: 'many-networks',
  family: 'spread',
  parameters: PARAMETERS,
  initial: { seen: [], usual: [0, 0], roaming: NOT_ROAMING, spreads: NOTHING_BUT_NEWS },
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
  const usual = usualNow(rows.usual, before, at);
  // A credential of so many places has no usual number of them.
  if (usual > SEEN.usualRemembered || goesOnLearning(before, at, facts)) return NO_FINDINGS;
  const told = isFresh(entry, at) ? judgeSpread(seen, usual, at) : NO_FINDINGS;
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
  if (facts.suspectedBy.includes('spread')) getUsedToSpread(rows, located, facts);
}

/** What may be said of a value that is handed out, beside that it spreads: there is more of everything. */
const OF_A_LAUNCH: readonly Family[] = ['origin', 'probing', 'signature', 'travel', 'spread', 'volume'];

/** What spreads day after day, and nobody ends it, was handed out to many, as an application is. */
function getUsedToSpread({ spreads, usual }: SpreadRows, located: LocatedUsageEvent, facts: SubjectFacts): void {
  const day = dayOf(located.event.at);
  weighNews(spreads, SPREADS, day, testimonyOf(OF_A_LAUNCH, located, facts), DAYS_OF_GRAVE_NEWS);
  if (isNew(spreads, SPREADS, day)) return;
  spreads.replace(NOTHING_BUT_NEWS);
  usual.replace([SEEN.usualRemembered + 1, day]);
}

/**
 * Functions and hosted runners start by the hundred, each in another network of their cloud: those are one place. So is an operator's country to what has lived in many networks from
 * the start, as a key in an application does.
 */
function isOfOwnArea(rows: SpreadRows, { event, place }: LocatedUsageEvent): boolean {
  const isOneOfMany = cloudOf(place.asn ?? 0) !== '' || usualIn(rows.seen) >= PARAMETERS.manyUsual;
  return isOneOfMany && roamsIn(rows.roaming, place, dayOf(event.at));
}

/** Ten uses from ten networks are no habit to compare with. Where half of them came again it may be a botnet that has begun, unless they come one by one. */
function goesOnLearning(seen: readonly SeenNetwork[], at: number, facts: SubjectFacts): boolean {
  const { slowMs, slowNetworks, ownShare, fewOwnShare } = PARAMETERS;
  if (isSettled(facts, at)) return false;
  const share = seen.filter(({ usual }) => usual).length / facts.cleanUses;
  if (share >= ownShare) return true;
  return share >= fewOwnShare && seen.filter(({ firstAt }) => Math.abs(at - firstAt) <= slowMs).length < slowNetworks;
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
