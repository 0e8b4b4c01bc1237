import type { Row } from './rows';

/**
 * Peaks over a threshold (Siffer, Fouque, Termier, Largouët: Anomaly Detection in Streams with Extreme Value Theory, KDD 2017), written from the paper: what exceeds a high quantile follows a
 * generalised Pareto law, whose quantile is the alarm. Two things differ, so that the state is small: the quantile is read from a histogram of quarter octaves, and the law is fitted by
 * the moments of the excesses in place of their likelihood.
 */
export type ServiceTail = Row;

/** Of the service's name (marks.ts). */
const MARK = 0;
/** The open minute, counted from 1970, and its uses; those of them under no suspicion are learnt. */
const MINUTE = 1;
const COUNT = 2;
const CLEAN = 3;
/** Closed minutes that had uses. */
const MINUTES = 4;
/** The high quantile; 0 until it is calibrated. */
const LEVEL = 5;
/** Excesses over the level: how many, their sum, and the sum of their squares. */
const PEAKS = 6;
const SUM = 7;
const SQUARES = 8;
/** Minutes by quarter octaves of their uses, while it is being calibrated. */
const HISTOGRAM = 9;

export interface TailParameters {
  /** The chance that a minute of its own is beyond the threshold. */
  readonly risk: number;
  readonly level: number;
  readonly calibrationMinutes: number;
}

/** What is older than some two weeks of minutes weighs half as much each time. */
const HALVED_AT = 20_000;
/** Steps of the histogram in an octave. */
const STEPS = 4;
/** With fewer excesses their variance says nothing. */
const LEAST_PEAKS = 10;

/** A row without numbers is no tail yet. */
export function beginTail(tail: ServiceTail, mark: number): void {
  tail.replace([mark, 0, 0, 0, 0, 0, 0, 0, 0]);
}

export function markOfTail(tail: ServiceTail): number {
  return tail.get(MARK);
}

export function lastMinute(tail: ServiceTail): number {
  return tail.get(MINUTE);
}

export function closedMinutes(tail: ServiceTail): number {
  return tail.get(MINUTES);
}

/** So many uses in a minute are many. */
export function levelOf(tail: ServiceTail): number {
  return tail.get(LEVEL);
}

/** How many uses a minute that is not closed has with one more. */
export function countInMinute(tail: ServiceTail, minute: number): number {
  return minute === tail.get(MINUTE) ? tail.get(COUNT) + 1 : 1;
}

/** Counts one use in a minute, counted from 1970; one of a later minute closes the open one. One that comes late counts for nothing. */
export function countMinute(tail: ServiceTail, minute: number, clean: boolean, parameters: TailParameters): void {
  const open = tail.get(MINUTE);
  if (minute < open) return;
  if (minute > open) {
    if (tail.get(CLEAN) > 0) learn(tail, tail.get(CLEAN), parameters);
    tail.set(MINUTE, minute);
    tail.set(COUNT, 0);
    tail.set(CLEAN, 0);
  }
  tail.add(COUNT, 1);
  if (clean) tail.add(CLEAN, 1);
}

function learn(tail: ServiceTail, uses: number, { level, calibrationMinutes }: TailParameters): void {
  tail.add(MINUTES, 1);
  if (tail.get(LEVEL) > 0) {
    addPeak(tail, uses - tail.get(LEVEL), 1);
    if (tail.get(MINUTES) >= HALVED_AT) halve(tail);
    return;
  }
  const step = HISTOGRAM + Math.floor(Math.log2(uses) * STEPS);
  const missing = step + 1 - tail.length;
  if (missing > 0) tail.replace([...tail.toArray(), ...Array.from({ length: missing }, () => 0)]);
  tail.add(step, 1);
  if (tail.get(MINUTES) >= calibrationMinutes) calibrate(tail, level);
}

function calibrate(tail: ServiceTail, level: number): void {
  const histogram = tail.toArray().slice(HISTOGRAM);
  let below = 0;
  histogram.forEach((minutes, step) => {
    const top = 2 ** ((step + 1) / STEPS);
    if (tail.get(LEVEL) > 0) addPeak(tail, top - tail.get(LEVEL), minutes);
    below += minutes;
    if (tail.get(LEVEL) === 0 && below >= level * tail.get(MINUTES)) tail.set(LEVEL, top);
  });
  tail.replace(tail.toArray().slice(0, HISTOGRAM));
}

function addPeak(tail: ServiceTail, excess: number, times: number): void {
  if (excess <= 0) return;
  tail.add(PEAKS, times);
  tail.add(SUM, times * excess);
  tail.add(SQUARES, times * excess * excess);
}

function halve(tail: ServiceTail): void {
  for (const halved of [MINUTES, PEAKS, SUM, SQUARES]) tail.set(halved, tail.get(halved) / 2);
}

/** The uses of a minute that are exceeded with the chance `risk`. Of a calibrated tail. */
export function tailThreshold(tail: ServiceTail, { risk }: TailParameters): number {
  const [level, peaks] = [tail.get(LEVEL), tail.get(PEAKS)];
  // Where nothing was ever beyond the level, as if one had been, by a tenth.
  const [count, mean] = peaks > 0 ? [peaks, tail.get(SUM) / peaks] : [1, level / 10];
  const ratio = (risk * tail.get(MINUTES)) / count;
  const variance = peaks >= LEAST_PEAKS ? tail.get(SQUARES) / peaks - mean * mean : mean * mean;
  const squared = variance > 0 ? (mean * mean) / variance : 1;
  const shape = (1 - squared) / 2;
  const scale = (mean * (1 + squared)) / 2;
  // The law's limit, where its shape is about none, is the exponential.
  const beyond = Math.abs(shape) < 1e-6 ? -scale * Math.log(ratio) : (scale / shape) * (ratio ** -shape - 1);
  return level + Math.max(0, beyond);
}
