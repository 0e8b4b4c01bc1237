import { defineDetector, NO_FINDINGS, type Finding, type Reduction, type Samples, type SubjectFacts } from './detector';
import { teaches } from './learning';
import type { LocatedUsageEvent } from './located-event';
import { SAMPLE_PLACES, steadyLife } from './sample-life';

const PARAMETERS = {
  /**
   * Slow ramps are reference/detection.md 1.2.9, which takes a CUSUM; that would tell the morning of every working day. So a day is compared
   * with the busiest quarters of an hour of the days before, which the rise of one day does not move. All numbers are ours.
   */
  quarterMs: 900_000,
  quartersOfDay: 96,
  leastRatio: 3,
  /** In a quarter: one every nine seconds. */
  leastUses: 100,
  /** For an hour without a pause: what is over sooner is a job, or told by `rate-spike`. */
  leastQuarters: 4,
  /** Three days in a row hold a working day. One counts when it was used in two hours' quarters: a trial run is no usual day. */
  leastDays: 3,
  leastQuartersOfDay: 8,
  /** The most that the usual grows in a day, so that who grows faster is told some day; and what it loses, a third in two weeks. */
  growth: 1.2,
  fading: 0.97,
  confidence: 0.5,
} as const;

interface RampState {
  /** The open quarter, counted from 1970; all uses in it, and those under no suspicion. */
  readonly quarter: number;
  readonly uses: number;
  readonly clean: number;
  /** Closed quarters right before it that had several times the usual. */
  readonly high: number;
  /** Of today: the most clean uses of a closed quarter, and the closed quarters that had any. */
  readonly most: number;
  readonly quarters: number;
  /** What `most` was on the days before, which fades. */
  readonly usual: number;
  readonly days: number;
}

/** Several times as much use as on any day before, for an hour, however slowly it rose. Speaks of the traffic. */
export const rateRamp = defineDetector<RampState>({
  id: 'rate-ramp',
  family: 'volume',
  parameters: PARAMETERS,
  initial: () => ({ quarter: 0, uses: 0, clean: 0, high: 0, most: 0, quarters: 0, usual: 0, days: 0 }),
  reduce,
  samples,
});

function reduce(state: RampState, located: LocatedUsageEvent, facts: SubjectFacts): Reduction<RampState> {
  const { at, outcome } = located.event;
  const quarter = Math.floor(at / PARAMETERS.quarterMs);
  // Clients that we refuse try again and again; and what a use late by more than a quarter belonged to is long closed.
  if (outcome === 'contained' || quarter < state.quarter - 1) return { state, findings: NO_FINDINGS };
  const open = quarter > state.quarter ? openQuarter(state, quarter) : state;
  // Every use comes by here, and a spread takes ten times as long (V8 of Node 20).
  const next = {
    quarter: open.quarter,
    uses: open.uses + 1,
    clean: teaches(located, facts) ? open.clean + 1 : open.clean,
    high: open.high,
    most: open.most,
    quarters: open.quarters,
    usual: open.usual,
    days: open.days,
  };
  return { state: next, findings: judge(next) };
}

function openQuarter(state: RampState, quarter: number): RampState {
  const { quartersOfDay, leastQuarters } = PARAMETERS;
  const closed = {
    ...state,
    quarter,
    uses: 0,
    clean: 0,
    high: quarter === state.quarter + 1 && isHigh(state) ? Math.min(state.high + 1, leastQuarters) : 0,
    most: Math.max(state.most, state.clean),
    quarters: state.quarters + (state.clean > 0 ? 1 : 0),
  };
  const isNextDay = Math.floor(quarter / quartersOfDay) > Math.floor(state.quarter / quartersOfDay);
  return isNextDay && closed.quarters > 0 ? closeDay(closed) : closed;
}

function closeDay(state: RampState): RampState {
  const { leastDays, leastQuartersOfDay, growth, fading } = PARAMETERS;
  const { most, usual, days, quarters } = state;
  const learnt = days < leastDays ? Math.max(most, usual) : Math.max(Math.min(most, usual * growth), usual * fading);
  const counts = quarters >= leastQuartersOfDay && days < leastDays;
  return { ...state, most: 0, quarters: 0, usual: Math.round(learnt), days: counts ? days + 1 : days };
}

function isHigh({ uses, usual, days }: RampState): boolean {
  const { leastUses, leastRatio, leastDays } = PARAMETERS;
  return uses >= leastUses && days >= leastDays && uses >= usual * leastRatio;
}

function judge(state: RampState): readonly Finding[] {
  if (state.high < PARAMETERS.leastQuarters - 1 || !isHigh(state)) return NO_FINDINGS;
  const times = Math.floor(state.uses / state.usual);
  const reason = `used ${state.uses} times within 15 min after an hour as busy, ${times} times the most that was usual`;
  return [{ severity: 'low', confidence: PARAMETERS.confidence, deterministic: false, accuses: 'traffic', reason }];
}

function samples(): Samples {
  const places = SAMPLE_PLACES;
  const minute = 60_000;
  const uses = (count: number, minutes: number, afterMinutes: number, mark = '') =>
    steadyLife({ count, everyMs: Math.floor((minutes * minute) / count), afterMs: afterMinutes * minute, mark });
  const dayOf = (day: number, quarters: readonly number[]) =>
    quarters.flatMap((count, index) => uses(count, 15, day * 1440 + index * 15));
  const usual = Array<number>(8).fill(50);
  const days = (count: number) => Array.from({ length: count }, (_, day) => dayOf(day, usual)).flat();
  // A day like others at first; then five per cent more every five minutes, up to so many times the usual.
  const ramp = (most: number) =>
    Array.from({ length: 40 }, (_, step) =>
      uses(Math.round(17 * Math.min(most, 1.05 ** step)), 5, 3 * 1440 + step * 5),
    ).flat();
  return {
    positives: [
      { title: 'five per cent more every five minutes', events: [...days(3), ...ramp(5)], places },
      {
        title: 'half as much again every day',
        events: [1, 1, 1, 1.5, 2.3, 3.4, 5.1, 7.6].flatMap((times, day) =>
          dayOf(
            day,
            usual.map((count) => Math.round(count * times)),
          ),
        ),
        places,
      },
    ],
    nearMisses: [
      { title: 'two and a half times in the end', events: [...days(3), ...ramp(2.5)], places },
      { title: 'the same on the third day', events: [...days(2), ...ramp(5)], places },
      {
        title: 'the course of a working day',
        events: [0, 1, 2, 3].flatMap((day) => dayOf(day, [2, 5, 12, 30, 60, 110, 110, 110, 110, 110, 60, 20, 5])),
        places,
      },
      {
        title: 'three quarters of an hour, once a week',
        events: [...days(3), ...dayOf(3, [50, 200, 200, 200, 50])],
        places,
      },
      {
        title: 'refused clients that try again',
        events: [...days(3), ...ramp(5).map((use) => ({ ...use, outcome: 'contained' as const }))],
        places,
      },
    ],
  };
}
