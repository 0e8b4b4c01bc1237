/**
 * Peaks over a threshold (Siffer, Fouque, Termier, Largouët: Anomaly Detection in Streams with Extreme Value Theory, KDD 2017), written from the paper: what exceeds a high quantile follows a
 * generalised Pareto law, whose quantile is the alarm. Two things differ, so that the state is small: the quantile is read from a histogram of quarter octaves, and the law is fitted by
 * the moments of the excesses in place of their likelihood.
 */
export interface ServiceTail {
  readonly service: string;
  /** The open minute, and its uses; those of them under no suspicion are learnt. */
  start: number;
  count: number;
  clean: number;
  /** Closed minutes that had uses. */
  minutes: number;
  /** The high quantile; 0 until it is calibrated. */
  level: number;
  /** Minutes by quarter octaves of their uses, while it is being calibrated. */
  histogram: number[];
  /** Excesses over the level: how many, their sum, and the sum of their squares. */
  peaks: number;
  sum: number;
  squares: number;
}

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

export function emptyTail(service: string): ServiceTail {
  return { service, start: 0, count: 0, clean: 0, minutes: 0, level: 0, histogram: [], peaks: 0, sum: 0, squares: 0 };
}

/** Counts one use in the minute that begins at `start`; one of a later minute closes the open one. One that comes late counts for nothing. */
export function countMinute(tail: ServiceTail, start: number, clean: boolean, parameters: TailParameters): void {
  if (start < tail.start) return;
  if (start > tail.start) {
    if (tail.clean > 0) learn(tail, tail.clean, parameters);
    tail.start = start;
    tail.count = 0;
    tail.clean = 0;
  }
  tail.count += 1;
  if (clean) tail.clean += 1;
}

function learn(tail: ServiceTail, uses: number, { level, calibrationMinutes }: TailParameters): void {
  tail.minutes += 1;
  if (tail.level > 0) {
    addPeak(tail, uses - tail.level, 1);
    if (tail.minutes >= HALVED_AT) halve(tail);
    return;
  }
  const step = Math.floor(Math.log2(uses) * STEPS);
  while (tail.histogram.length <= step) tail.histogram.push(0);
  tail.histogram[step] = (tail.histogram[step] ?? 0) + 1;
  if (tail.minutes >= calibrationMinutes) calibrate(tail, level);
}

function calibrate(tail: ServiceTail, level: number): void {
  let below = 0;
  tail.histogram.forEach((minutes, step) => {
    const top = 2 ** ((step + 1) / STEPS);
    if (tail.level > 0) addPeak(tail, top - tail.level, minutes);
    below += minutes;
    if (tail.level === 0 && below >= level * tail.minutes) tail.level = top;
  });
  tail.histogram = [];
}

function addPeak(tail: ServiceTail, excess: number, times: number): void {
  if (excess <= 0) return;
  tail.peaks += times;
  tail.sum += times * excess;
  tail.squares += times * excess * excess;
}

function halve(tail: ServiceTail): void {
  tail.minutes /= 2;
  tail.peaks /= 2;
  tail.sum /= 2;
  tail.squares /= 2;
}

/** The uses of a minute that are exceeded with the chance `risk`. Of a calibrated tail. */
export function tailThreshold({ minutes, level, peaks, sum, squares }: ServiceTail, { risk }: TailParameters): number {
  // Where nothing was ever beyond the level, as if one had been, by a tenth.
  const [count, mean] = peaks > 0 ? [peaks, sum / peaks] : [1, level / 10];
  const ratio = (risk * minutes) / count;
  const variance = peaks >= LEAST_PEAKS ? squares / peaks - mean * mean : mean * mean;
  const squared = variance > 0 ? (mean * mean) / variance : 1;
  const shape = (1 - squared) / 2;
  const scale = (mean * (1 + squared)) / 2;
  // The law's limit, where its shape is about none, is the exponential.
  const beyond = Math.abs(shape) < 1e-6 ? -scale * Math.log(ratio) : (scale / shape) * (ratio ** -shape - 1);
  return level + Math.max(0, beyond);
}
