import type { UsageEvent } from '../domain/usage-event';
import { defineDetector, NO_FINDINGS, type Finding, type Samples, type SubjectFacts } from './detector';
import { giveSlot } from './endpoint-slots';
import { teaches } from './learning';
import type { LocatedUsageEvent } from './located-event';
import { forPerson } from './person-text';
import {
  countInQuarter,
  EMPTY_RAMP,
  isLearnt,
  lastQuarter,
  quarterOf,
  RAMP,
  RAMP_SIZE,
  riseOf,
  type Ramps,
} from './ramp';
import type { Rows } from './rows';
import { SAMPLE_PLACES, sampleUse } from './sample-life';

const PARAMETERS = {
  ...RAMP,
  /** Endpoints that are counted, as in `endpoint-spike`. */
  endpoints: 8,
  /** One that has learnt a day, or will at midnight, makes room when it was not used for so long (14 days, as in `service-tail`); any other after an hour. */
  keptQuarters: 14 * 96,
  tourQuarters: 4,
  confidence: 0.5,
} as const;

/** The marks of its endpoints (marks.ts), and for each a ramp. */
type RampRows = Rows<'marks' | 'ramps'>;

/** One endpoint several times as much as on any day before, for an hour, however slowly it rose, though the whole may look as ever. */
export const endpointRamp = defineDetector<'marks' | 'ramps'>({
  id: 'endpoint-ramp',
  family: 'volume',
  parameters: PARAMETERS,
  initial: { marks: [], ramps: [] },
  judge,
  remember,
  samples,
});

function judge({ marks, ramps }: RampRows, located: LocatedUsageEvent): readonly Finding[] {
  const { event } = located;
  const endpoint = marks.indexOf(located.marks.action);
  const rise = endpoint === -1 ? undefined : riseOf(ramps, endpoint * RAMP_SIZE, event);
  if (rise === undefined) return NO_FINDINGS;
  const reason = `${forPerson(event.action.name)} ${rise}`;
  return [{ severity: 'low', confidence: PARAMETERS.confidence, deterministic: false, accuses: 'traffic', reason }];
}

function remember(rows: RampRows, located: LocatedUsageEvent, facts: SubjectFacts): void {
  const { event } = located;
  const isClean = teaches(located, facts);
  const known = rows.marks.indexOf(located.marks.action);
  const endpoint = known === -1 && isClean ? begin(rows, located) : known;
  if (endpoint !== -1) countInQuarter(rows.ramps, endpoint * RAMP_SIZE, event, isClean);
}

/** Makes room for one more, and says where; -1 where there is none. */
function begin({ marks, ramps }: RampRows, { event, marks: { action } }: LocatedUsageEvent): number {
  const slot = marks.length < PARAMETERS.endpoints ? marks.length : forgotten(ramps, quarterOf(event));
  if (slot !== -1) giveSlot({ marks, counts: ramps }, slot, action, EMPTY_RAMP);
  return slot;
}

/**
 * The one that was not used for longest; -1 where all are still in use, and a newcomer is not counted. A client chooses the names: whoever
 * makes a tour of many takes the place of nobody, and leaves his own after an hour. Nor do twenty endpoints, used in turn, keep each other from learning.
 */
function forgotten(ramps: Ramps, quarter: number): number {
  const { keptQuarters, tourQuarters } = PARAMETERS;
  const [longest] = ramps
    .records(RAMP_SIZE)
    .map((_ramp, endpoint) => ({ endpoint, last: lastQuarter(ramps, endpoint * RAMP_SIZE) }))
    .filter(({ endpoint, last }) => {
      const kept = isLearnt(ramps, endpoint * RAMP_SIZE) ? keptQuarters : tourQuarters;
      return quarter - last >= kept;
    })
    .sort((a, b) => a.last - b.last);
  return longest?.endpoint ?? -1;
}

function samples(): Samples {
  const places = SAMPLE_PLACES;
  const minute = 60_000;
  const day = 1440;
  const uses = (name: string, count: number, minutes: number, afterMinutes: number): UsageEvent[] =>
    Array.from({ length: count }, (_, index) => ({
      ...sampleUse({
        afterMs: afterMinutes * minute + Math.floor((index * minutes * minute) / count),
        mark: name,
      }),
      action: { kind: 'read' as const, name },
    }));
  // Of everything 80 uses in a quarter, and of exports 30, for three hours a day.
  const hours = (from: number, exports: readonly number[], name = 'GET /exports/*') =>
    exports
      .flatMap((count, index) => [
        ...uses('GET /orders', 80, 15, from + index * 15),
        ...uses(name, count, 15, from + index * 15),
      ])
      .sort((a, b) => a.at - b.at);
  const usual = Array<number>(12).fill(30);
  const days = (count: number) => Array.from({ length: count }, (_, index) => hours(index * day, usual)).flat();
  // A fifth more each quarter: by the end so many times the usual.
  const ramp = (most: number) => Array.from({ length: 18 }, (_, step) => Math.round(30 * Math.min(most, 1.2 ** step)));
  const tour = (from: number) =>
    Array.from({ length: 100 }, (_, index) => uses(`GET /tour/${index}`, 1, 1, from + index)).flat();
  return {
    positives: [
      { title: 'exports, among as much else as ever', events: [...days(3), ...hours(3 * day, ramp(5))], places },
      {
        title: 'exports, after a tour of a hundred endpoints in the days before',
        events: [...days(3), ...tour(2 * day + 200), ...tour(3 * day - 400), ...hours(3 * day, ramp(5))],
        places,
      },
    ],
    nearMisses: [
      { title: 'two and a half times in the end', events: [...days(3), ...hours(3 * day, ramp(2.5))], places },
      { title: 'the same on the third day', events: [...days(2), ...hours(2 * day, ramp(5))], places },
      {
        title: 'an endpoint that is new',
        events: [...days(3), ...hours(3 * day, ramp(5), 'GET /reports')],
        places,
      },
      {
        title: 'three quarters of an hour, once a week',
        events: [...days(3), ...hours(3 * day, [30, 150, 150, 150, 30])],
        places,
      },
      {
        title: 'refused clients that try again',
        events: [...days(3), ...hours(3 * day, ramp(5)).map((use) => ({ ...use, outcome: 'contained' as const }))],
        places,
      },
    ],
  };
}
