import { NO_FINDINGS, type Finding } from './detector';
import { dayOf } from './learning';
import { SEEN, type SeenNetwork } from './seen-networks';

export const SPREAD = {
  /** reference/detection.md 1.2.8. */
  windowMs: 300_000,
  /** Two networks in two countries is Elastic's rule; one more keeps a failover of two sites quiet. */
  fewNetworks: 3,
  fewCountries: 2,
  fewConfidence: 0.6,
  /** Three new networks are nothing to what lives in so many countries, as a key in an application does. Ours, as of impossible travel. */
  manyCountries: 8,
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
  patientNetworks: 12,
  patientSystems: 3,
  patientUsual: 10,
  /** And so many times those that it lives in: has been in for a day, or learnt. */
  patientTimes: 3,
  patientMs: 21_600_000,
  livedMs: 86_400_000,
  patientConfidence: 0.7,
  /** What was usual is no more when not half of it was in use at once for so long, in which there was use: as known values are forgotten (known-values.ts). */
  daysToForget: 30,
} as const;

/** Networks that all came within minutes, beyond what is usual. */
export function judgeSpread(seen: readonly SeenNetwork[], usual: number, at: number): readonly Finding[] {
  const fresh = seen.filter((entry) => !entry.usual && isFresh(entry, at));
  const countries = countCountries(fresh);
  const kept = seen.filter((entry) => entry.usual);
  const room = SEEN.remembered - Math.min(kept.length, SEEN.usualRemembered);
  const systems = countSystems(fresh);
  const livesIn = countCountries(kept);
  const confidence = weigh({ networks: fresh.length, systems, countries, usual, room, livesIn });
  if (confidence === 0) return NO_FINDINGS;
  const from = countries > 1 ? ` in ${countries} countries` : '';
  const reason = `used from ${fresh.length} new networks${from} within 5 min`;
  const severity = confidence >= 0.7 ? 'medium' : 'low';
  return [{ severity, confidence, deterministic: false, accuses: 'use', reason }];
}

/** Networks that come one after the other, each alone in its five minutes. */
export function judgeSlowSpread(seen: readonly SeenNetwork[], entry: SeenNetwork, at: number): readonly Finding[] {
  const { patientMs, livedMs, patientTimes, patientSystems, patientUsual, patientConfidence } = SPREAD;
  const isLate = ({ usual, firstAt }: SeenNetwork): boolean => !usual && Math.abs(at - firstAt) <= patientMs;
  if (!isLate(entry)) return NO_FINDINGS;
  const lately = seen.filter(isLate);
  const livedIn = seen.filter(
    ({ usual, firstAt, lastAt }) =>
      (usual || lastAt - firstAt >= livedMs) && dayOf(at) - dayOf(lastAt) <= SPREAD.daysToForget,
  ).length;
  if (livedIn > patientUsual || countSystems(lately) < patientSystems) return NO_FINDINGS;
  if (lately.length < Math.max(SPREAD.patientNetworks, patientTimes * livedIn)) return NO_FINDINGS;
  const reason = `used from ${lately.length} new networks and more within 6 h, where it lives in ${livedIn}`;
  return [{ severity: 'medium', confidence: patientConfidence, deterministic: false, accuses: 'use', reason }];
}

function countCountries(seen: readonly SeenNetwork[]): number {
  return new Set(seen.map(({ country }) => country).filter((country) => country !== 0)).size;
}

function countSystems(seen: readonly SeenNetwork[]): number {
  return new Set(seen.map(({ operator, mark }) => (operator === 0 ? -mark : operator))).size;
}

/** Of a credential of which nothing is known yet. */
export function judgeBeginning(seen: readonly SeenNetwork[], at: number): readonly Finding[] {
  const { floodNetworks, strangeConfidence: confidence } = SPREAD;
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
  /** Countries of its usual networks. */
  readonly livesIn: number;
}

function weigh({ networks, systems, countries, usual, room, livesIn }: Spread): number {
  const atLeast = (most: number): number => Math.min(room, Math.max(most, usual * SPREAD.overUsual));
  if (networks >= atLeast(SPREAD.floodNetworks)) return SPREAD.floodConfidence;
  if (systems >= atLeast(SPREAD.manySystems)) return SPREAD.manyConfidence;
  if (livesIn >= SPREAD.manyCountries) return 0;
  const few = networks >= Math.max(SPREAD.fewNetworks, usual + 1) && countries >= SPREAD.fewCountries;
  return few ? SPREAD.fewConfidence : 0;
}

export function isFresh(entry: SeenNetwork, at: number): boolean {
  return Math.abs(at - entry.firstAt) <= SPREAD.windowMs;
}

/** Usual networks that came within one window. */
export function countUsual(seen: readonly SeenNetwork[], at: number): number {
  return seen.filter((entry) => entry.usual && isFresh(entry, at)).length;
}
