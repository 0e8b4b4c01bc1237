import { defineDetector, NO_FINDINGS, type Finding, type Samples, type SubjectFacts } from './detector';
import { teaches } from './learning';
import type { LocatedUsageEvent } from './located-event';
import { countInQuarter, RAMP, riseOf, EMPTY_RAMP } from './ramp';
import type { Rows } from './rows';
import { SAMPLE_PLACES, steadyLife } from './sample-life';

const PARAMETERS = { ...RAMP, confidence: 0.5 } as const;

/** Several times as much use as on any day before, for an hour, however slowly it rose. Speaks of the traffic. */
export const rateRamp = defineDetector<'ramp'>({
  id: 'rate-ramp',
  family: 'volume',
  parameters: PARAMETERS,
  initial: { ramp: EMPTY_RAMP },
  judge,
  remember,
  samples,
});

function judge({ ramp }: Rows<'ramp'>, { event }: LocatedUsageEvent): readonly Finding[] {
  const reason = riseOf(ramp, 0, event);
  if (reason === undefined) return NO_FINDINGS;
  return [{ severity: 'low', confidence: PARAMETERS.confidence, deterministic: false, accuses: 'traffic', reason }];
}

function remember({ ramp }: Rows<'ramp'>, located: LocatedUsageEvent, facts: SubjectFacts): void {
  countInQuarter(ramp, 0, located.event, teaches(located, facts));
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
