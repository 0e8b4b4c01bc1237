import type { UsageEvent } from '../domain/usage-event';
import { defineDetector, NO_FINDINGS, type Finding, type Samples, type SubjectFacts } from './detector';
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
  quarter: number;
  uses: number;
  clean: number;
  /** Closed quarters right before it that had several times the usual. */
  high: number;
  /** Of today: the most clean uses of a closed quarter, and the closed quarters that had any. */
  most: number;
  quarters: number;
  /** What `most` was on the days before, which fades. */
  usual: number;
  days: number;
}

/** Several times as much use as on any day before, for an hour, however slowly it rose. Speaks of the traffic. */
export const rateRamp = defineDetector<RampState>({
  id: 'rate-ramp',
  family: 'volume',
  parameters: PARAMETERS,
  initial: () => ({ quarter: 0, uses: 0, clean: 0, high: 0, most: 0, quarters: 0, usual: 0, days: 0 }),
  judge,
  remember,
  samples,
});

function judge(state: RampState, { event }: LocatedUsageEvent): readonly Finding[] {
  // A use that opens a quarter is the only one of it.
  if (!counts(state, event) || quarterOf(event) > state.quarter) return NO_FINDINGS;
  const uses = state.uses + 1;
  if (state.high < PARAMETERS.leastQuarters - 1 || !isHigh(state, uses)) return NO_FINDINGS;
  const times = Math.floor(uses / state.usual);
  const reason = `used ${uses} times within 15 min after an hour as busy, ${times} times the most that was usual`;
  return [{ severity: 'low', confidence: PARAMETERS.confidence, deterministic: false, accuses: 'traffic', reason }];
}

function remember(state: RampState, located: LocatedUsageEvent, facts: SubjectFacts): void {
  const { event } = located;
  if (!counts(state, event)) return;
  const quarter = quarterOf(event);
  if (quarter > state.quarter) openQuarter(state, quarter);
  state.uses += 1;
  if (teaches(located, facts)) state.clean += 1;
}

function quarterOf({ at }: UsageEvent): number {
  return Math.floor(at / PARAMETERS.quarterMs);
}

/** Not what we refuse, whose clients try again and again; and what a use late by more than a quarter belonged to is long closed. */
function counts(state: RampState, event: UsageEvent): boolean {
  return event.outcome !== 'contained' && quarterOf(event) >= state.quarter - 1;
}

function openQuarter(state: RampState, quarter: number): void {
  const { quartersOfDay, leastQuarters } = PARAMETERS;
  const isNext = quarter === state.quarter + 1;
  const isNextDay = Math.floor(quarter / quartersOfDay) > Math.floor(state.quarter / quartersOfDay);
  state.high = isNext && isHigh(state, state.uses) ? Math.min(state.high + 1, leastQuarters) : 0;
  state.most = Math.max(state.most, state.clean);
  if (state.clean > 0) state.quarters += 1;
  state.quarter = quarter;
  state.uses = 0;
  state.clean = 0;
  if (isNextDay && state.quarters > 0) closeDay(state);
}

function closeDay(state: RampState): void {
  const { leastDays, leastQuartersOfDay, growth, fading } = PARAMETERS;
  const { most, usual, days, quarters } = state;
  const learnt = days < leastDays ? Math.max(most, usual) : Math.max(Math.min(most, usual * growth), usual * fading);
  state.most = 0;
  state.quarters = 0;
  state.usual = Math.round(learnt);
  if (quarters >= leastQuartersOfDay && days < leastDays) state.days = days + 1;
}

function isHigh({ usual, days }: RampState, uses: number): boolean {
  const { leastUses, leastRatio, leastDays } = PARAMETERS;
  return uses >= leastUses && days >= leastDays && uses >= usual * leastRatio;
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
