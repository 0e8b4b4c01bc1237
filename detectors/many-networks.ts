import { cloudOf } from './clouds';
import { defineDetector, NO_FINDINGS, type Finding, type Samples, type SubjectFacts } from './detector';
import { dayOf, hasLearned, mayBecomeKnown, teaches } from './learning';
import type { LocatedUsageEvent } from './located-event';
import { noteRoaming, NOT_ROAMING, roamsIn, settleIn } from './roaming';
import type { Row, Rows } from './rows';
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
  /** Networks remembered, and how many of the usual among them: as many as there is room for beside those are a flood, however many are usual. */
  remembered: 64,
  usualRemembered: 32,
  /** What was usual is no more when not half of it was in use at once for so long, in which there was use: as known values are forgotten (known-values.ts). */
  daysToForget: 30,
} as const;

/** What is kept of each network it was used from. */
interface SeenNetwork {
  /** Of the network and its country: see marks.ts. */
  readonly mark: number;
  readonly country: number;
  /** 0 where nobody says whose it is. */
  readonly operator: number;
  readonly firstAt: number;
  readonly lastAt: number;
  /** Seen while habits were learnt: part of the usual, never of a spread. */
  readonly usual: boolean;
}

const SEEN_SIZE = 6;
const LAST_AT = 4;
const USUAL = 5;

/**
 * `seen`: for each network six numbers, in the order of `SeenNetwork`. `usual`: the most networks that appeared within one window while habits
 * were learnt, and the last day on which half as many were in use at once; no day in old snapshots. `roaming`: operators of what is usual, and those that it moves within.
 */
type SpreadRows = Rows<'seen' | 'usual' | 'roaming'>;

/** Last use is kept to this. */
const RESOLUTION_MS = 10_000;

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
  if (network === 0 || usualAt(rows.seen, network) !== -1 || isOfOwnCloud(rows, located)) return NO_FINDINGS;
  const seen = seenIn(rows.seen);
  const entry = entryFor(located, seen, false);
  if (!hasLearned(facts, at)) return judgeBeginning(withEntry(seen, entry), at);
  return isFresh(entry, at) ? judgeSpread(withEntry(seen, entry), usualNow(rows.usual, seen, at), at) : NO_FINDINGS;
}

function remember(rows: SpreadRows, located: LocatedUsageEvent, facts: SubjectFacts): void {
  const { at } = located.event;
  const { network } = located.marks;
  if (network === 0) return;
  const usual = usualAt(rows.seen, network);
  if (usual !== -1) {
    if (touch(rows.seen, usual, at) && teaches(located, facts)) keepUsual(rows, at);
    return;
  }
  const isLearning = !hasLearned(facts, at) && teaches(located, facts);
  learnOperator(rows, located, isLearning, facts);
  if (!isLearning && isOfOwnCloud(rows, located)) return;
  const seen = seenIn(rows.seen);
  const entry = entryFor(located, seen, isLearning);
  const entries = withEntry(seen, entry);
  rows.seen.replace(
    entries.flatMap((one) => [one.mark, one.country, one.operator, one.firstAt, one.lastAt, one.usual ? 1 : 0]),
  );
  if (entry.usual) rows.usual.replace([Math.max(rows.usual.get(0), countUsual(entries, at)), dayOf(at)]);
  else if (teaches(located, facts)) keepUsual(rows, at);
}

/** Functions and hosted runners start by the hundred, each in another network of their cloud: those are one place. */
function isOfOwnCloud({ roaming }: SpreadRows, { event, place }: LocatedUsageEvent): boolean {
  return cloudOf(place.asn ?? 0) !== '' && roamsIn(roaming, place, dayOf(event.at));
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
  const lastUse = Math.max(...seen.map(({ lastAt }) => dayOf(lastAt)));
  return lastDay !== 0 && isForgotten(dayOf(at)) && isForgotten(lastUse) ? 0 : most;
}

function entryFor({ event, marks }: LocatedUsageEvent, seen: readonly SeenNetwork[], usual: boolean): SeenNetwork {
  const { network: mark, operator, country } = marks;
  const firstAt = seen.find((one) => one.mark === mark)?.firstAt ?? event.at;
  return { mark, country, operator, firstAt, lastAt: event.at, usual };
}

function judgeSpread(seen: readonly SeenNetwork[], usual: number, at: number): readonly Finding[] {
  const fresh = seen.filter((entry) => !entry.usual && isFresh(entry, at));
  const countries = new Set(fresh.map((entry) => entry.country).filter((country) => country !== 0)).size;
  // A credential of so many places has no usual number of them.
  if (usual > PARAMETERS.usualRemembered) return NO_FINDINGS;
  const kept = seen.filter((entry) => entry.usual).length;
  const room = PARAMETERS.remembered - Math.min(kept, PARAMETERS.usualRemembered);
  const systems = new Set(fresh.map(({ operator, mark }) => (operator === 0 ? -mark : operator))).size;
  const confidence = weigh({ networks: fresh.length, systems, countries, usual, room });
  if (confidence === 0) return NO_FINDINGS;
  const from = countries > 1 ? ` in ${countries} countries` : '';
  const reason = `used from ${fresh.length} new networks${from} within 5 min`;
  const severity = confidence >= 0.7 ? 'medium' : 'low';
  return [{ severity, confidence, deterministic: false, accuses: 'use', reason }];
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

/** Where a usual network's numbers begin; -1 of any other. */
function usualAt(seen: Row, network: number): number {
  const index = seen.indexOf(network, SEEN_SIZE);
  return index !== -1 && seen.get(index + USUAL) === 1 ? index : -1;
}

/** Whether that was news. */
function touch(seen: Row, index: number, at: number): boolean {
  if (at - seen.get(index + LAST_AT) < RESOLUTION_MS) return false;
  seen.set(index + LAST_AT, at);
  return true;
}

function seenIn(row: Row): readonly SeenNetwork[] {
  return row.records(SEEN_SIZE).map(([mark = 0, country = 0, operator = 0, firstAt = 0, lastAt = 0, usual]) => ({
    mark,
    country,
    operator,
    firstAt,
    lastAt,
    usual: usual === 1,
  }));
}

/** The entry in place of the known one of its network; without one, and where there are too many, of the stalest. */
function withEntry(seen: readonly SeenNetwork[], entry: SeenNetwork): readonly SeenNetwork[] {
  const known = seen.find(({ mark }) => mark === entry.mark);
  const leaving = known ?? (seen.length < PARAMETERS.remembered ? undefined : stalest(seen));
  return [...seen.filter((other) => other !== leaving), entry];
}

/** The unusual go before the usual: an attacker's flood must not push out the owner's own networks, of which not all are needed. */
function stalest(seen: readonly SeenNetwork[]): SeenNetwork | undefined {
  const [usual, unusual] = [seen.filter((entry) => entry.usual), seen.filter((entry) => !entry.usual)];
  const leaving = usual.length > PARAMETERS.usualRemembered || unusual.length === 0 ? usual : unusual;
  return leaving.sort((a, b) => a.lastAt - b.lastAt)[0];
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
        title: 'one new network every four minutes',
        events: [...life, ...uses(addresses.slice(0, 20), 240_000)],
        places,
      },
    ],
  };
}
