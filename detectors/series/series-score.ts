import { noProfile, offProfile, type DayProfile } from './day-profile';
import { breakRecord, noRecord, type FadingRecord } from './fading-record';
import { noMean, takeIn, type MovingMean } from './moving-mean';

/** Numbers of the whole method, the same for every series; docs/detection.md says how they were found. In rows, where they are not times. */
export const SERIES_PARAMETERS = {
  /** The usual level: about a day of five-minute rows. */
  levelWeight: 1 / 300,
  /** A short mean against a longer one: a shift that no single row shows. */
  fastWeight: 1 / 20,
  slowWeight: 1 / 100,
  /** The course of a day, in half hours, once it was seen on four days. */
  profile: { parts: 48, weight: 1 / 10, leastDays: 3 },
  /** Half of a record is forgotten in 6,900 rows: three weeks and a half of five-minute rows. */
  fading: 0.9999,
  /** Rows before the first distance counts, and distances before a record can be broken. */
  settleRows: 20,
  warmUp: 150,
  /** After a row was told, the next must be stranger: by this much, fading within hours of five-minute rows. */
  damping: 8,
  dampingFading: 0.985,
} as const;

/** All that is remembered of one series: plain JSON, and no more however long the series is. */
export interface SeriesState {
  rows: number;
  last: number;
  readonly level: MovingMean;
  readonly fast: MovingMean;
  readonly slow: MovingMean;
  readonly step: MovingMean;
  readonly profile: DayProfile;
  readonly offDay: MovingMean;
  /** One for each distance. */
  readonly records: readonly FadingRecord[];
  /** What was told lately. */
  told: number;
}

export function newSeries(): SeriesState {
  return {
    rows: 0,
    last: 0,
    level: noMean(),
    fast: noMean(),
    slow: noMean(),
    step: noMean(),
    profile: noProfile(),
    offDay: noMean(),
    records: Array.from({ length: DISTANCES }, noRecord),
    told: 0,
  };
}

/** Differences of larger ones would not be numbers. */
const LARGEST = 1e150;

/**
 * How strange the next value of a series is, from 0 (as ever) towards 1: 0.5 is twice as far off as anything so far. Depends on nothing but
 * what came before; takes over the state it is given.
 */
export function scoreNext(state: SeriesState, at: number, value: number): number {
  const { settleRows, warmUp, fading, damping, dampingFading } = SERIES_PARAMETERS;
  const distances = distancesOf(state, at, Math.max(-LARGEST, Math.min(LARGEST, value)));
  let strangest = 0;
  distances.forEach((distance, index) => {
    const record = state.records[index];
    if (distance === undefined || !record || state.rows <= settleRows) return;
    strangest = Math.max(strangest, breakRecord(record, Math.max(0, distance), fading, warmUp));
  });
  const toldBefore = state.told * dampingFading;
  state.told = Math.max(toldBefore, strangest);
  return 1 - Math.exp(-strangest / (1 + damping * toldBefore));
}

const DISTANCES = 7;

/** Up and down are told apart: a dip is strange in a series that is known for its peaks. */
function distancesOf(state: SeriesState, at: number, value: number): readonly (number | undefined)[] {
  const { levelWeight, fastWeight, slowWeight, profile } = SERIES_PARAMETERS;
  const isFirst = state.rows === 0;
  const offLevel = isFirst ? 0 : value - state.level.mean;
  const step = isFirst ? 0 : Math.abs(value - state.last);
  takeIn(state.level, value, levelWeight);
  const shift = takeIn(state.fast, value, fastWeight) - takeIn(state.slow, value, slowWeight);
  const restless = isFirst ? 0 : takeIn(state.step, step, fastWeight);
  const off = offProfile(state.profile, at, value, profile);
  const offDay = off === undefined ? undefined : takeIn(state.offDay, off, fastWeight);
  state.rows += 1;
  state.last = value;
  return [offLevel, -offLevel, shift, -shift, restless, offDay, offDay === undefined ? undefined : -offDay];
}
