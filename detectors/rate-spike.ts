import { defineDetector, NO_FINDINGS, type Finding, type Samples, type SubjectFacts } from './detector';
import { distrust, getUsedTo, isNew, NOTHING_BUT_NEWS } from './known-values';
import { dayOf, isObjectedOnlyBy, teaches } from './learning';
import type { LocatedUsageEvent } from './located-event';
import {
  bucketsOf,
  countUse,
  countWith,
  deviations,
  EMPTY_WINDOW,
  meanOf,
  WINDOW_SIZE,
  type RateWindows,
} from './rate-window';
import type { Rows } from './rows';
import { SAMPLE_PLACES, steadyLife } from './sample-life';

const PARAMETERS = {
  /** Buckets of 1 s and 10 s, smoothing 0.05, 6 deviations, at least 20 uses: reference/detection.md 1.2.9. */
  shortMs: 1_000,
  longMs: 10_000,
  smoothing: 0.05,
  leastDeviations: 6,
  leastUses: 20,
  /** Within one second: a page of a cloud's console and a plan of a tool make tens of calls at once. Ours. */
  leastUsesAtOnce: 50,
  /** A steady caller's deviation is small, so a stall that is made up for within a second or two would be six of them: ours. */
  leastRatio: 3,
  leastBuckets: 10,
  confidence: 0.5,
  /** Ten times the usual is no busy day. */
  extremeRatio: 10,
  extremeConfidence: 0.7,
} as const;

/** Where the numbers of each window begin. */
const SHORT = 0;
const LONG = WINDOW_SIZE;

/** Of the two windows; and sizes of bursts (`sizeOf`) that came on three days: a batch of each week is no news. */
type SpikeRows = Rows<'windows' | 'bursts'>;

/** Many more uses than usual within a second or ten. Speaks of the traffic, not of the use that completed it. */
export const rateSpike = defineDetector<keyof SpikeRows>({
  id: 'rate-spike',
  family: 'volume',
  parameters: PARAMETERS,
  initial: { windows: [...EMPTY_WINDOW, ...EMPTY_WINDOW], bursts: NOTHING_BUT_NEWS },
  judge,
  remember,
  samples,
});

interface Burst {
  readonly count: number;
  /** To the usual. */
  readonly ratio: number;
  readonly lengthMs: number;
}

function judge({ windows, bursts }: SpikeRows, { event }: LocatedUsageEvent): readonly Finding[] {
  // What failed or was refused is tried again and again by programs: nothing was got, and its number says nothing of the thief.
  if (event.outcome !== 'accepted') return NO_FINDINGS;
  const burst = burstIn(windows, event.at);
  return burst && isNew(bursts, sizeOf(burst), dayOf(event.at)) ? [finding(burst)] : NO_FINDINGS;
}

function remember({ windows, bursts }: SpikeRows, located: LocatedUsageEvent, facts: SubjectFacts): void {
  const { event } = located;
  if (event.outcome !== 'accepted') return;
  const burst = burstIn(windows, event.at);
  if (burst)
    (isObjectedOnlyBy(['volume'], located, facts) ? getUsedTo : distrust)(bursts, sizeOf(burst), dayOf(event.at));
  const use = { at: event.at, clean: teaches(located, facts) && !burst };
  const { shortMs, longMs, smoothing } = PARAMETERS;
  countUse(windows, SHORT, use, shortMs, smoothing);
  countUse(windows, LONG, use, longMs, smoothing);
}

/** By powers of two: a burst comes through all sizes up to its own each time, so that a larger one than ever is new. */
function sizeOf({ count, lengthMs }: Burst): number {
  return lengthMs + Math.ceil(Math.log2(count));
}

function burstIn(windows: RateWindows, at: number): Burst | undefined {
  const { shortMs, longMs } = PARAMETERS;
  return burstInWindow(windows, SHORT, at, shortMs) ?? burstInWindow(windows, LONG, at, longMs);
}

function burstInWindow(windows: RateWindows, window: number, at: number, lengthMs: number): Burst | undefined {
  const count = countWith(windows, window, at, lengthMs);
  const leastUses = lengthMs === PARAMETERS.shortMs ? PARAMETERS.leastUsesAtOnce : PARAMETERS.leastUses;
  if (count < leastUses || bucketsOf(windows, window) < PARAMETERS.leastBuckets) return undefined;
  const ratio = count / meanOf(windows, window);
  const isUnusual = ratio >= PARAMETERS.leastRatio && deviations(windows, window, count) > PARAMETERS.leastDeviations;
  return isUnusual ? { count, ratio, lengthMs } : undefined;
}

function finding({ count, ratio, lengthMs }: Burst): Finding {
  const extreme = ratio >= PARAMETERS.extremeRatio;
  return {
    severity: extreme ? 'medium' : 'low',
    confidence: extreme ? PARAMETERS.extremeConfidence : PARAMETERS.confidence,
    deterministic: false,
    accuses: 'traffic',
    reason: `used ${count} times within ${lengthMs / 1000} s, ${Math.floor(ratio)} times the usual`,
  };
}

function samples(): Samples {
  const life = steadyLife({ count: 400, everyMs: 50 });
  const burst = (count: number, everyMs: number) =>
    steadyLife({ count, everyMs, afterMs: 20_000, address: '192.0.2.11', mark: 'burst' });
  const places = SAMPLE_PLACES;
  return {
    positives: [
      { title: 'ten times the usual rate', events: [...life, ...burst(400, 2)], places },
      {
        title: 'five times, over ten seconds',
        events: [
          ...steadyLife({ count: 240, everyMs: 500 }),
          ...steadyLife({ count: 200, everyMs: 50, afterMs: 120_000 }),
        ],
        places,
      },
    ],
    nearMisses: [
      { title: 'twice the usual rate', events: [...life, ...burst(80, 25)], places },
      {
        title: 'a stall of a second, made up for at once',
        events: [...life, ...steadyLife({ count: 40, everyMs: 1, afterMs: 21_000, mark: 'late' })],
        places,
      },
      { title: 'a burst at the very start', events: steadyLife({ count: 400, everyMs: 2 }), places },
      {
        title: 'refused clients that try again',
        events: [...life, ...burst(400, 2).map((use) => ({ ...use, outcome: 'contained' as const }))],
        places,
      },
      {
        title: 'a call that fails and is tried again and again',
        events: [...life, ...burst(400, 2).map((use) => ({ ...use, outcome: 'failed' as const }))],
        places,
      },
      {
        title: 'an outage that refuses everything',
        events: [...life, ...burst(400, 2).map((use) => ({ ...use, outcome: 'authorization' as const }))],
        places,
      },
    ],
  };
}
