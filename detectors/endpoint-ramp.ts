import type { UsageEvent } from '../domain/usage-event';
import { defineDetector, NO_FINDINGS, type Finding, type Samples, type SubjectFacts } from './detector';
import { teaches } from './learning';
import type { LocatedUsageEvent } from './located-event';
import { forPerson } from './person-text';
import { countInQuarter, isHighForLong, quarterOf, RAMP, riseOf, type Ramp } from './ramp';
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

interface EndpointRamp extends Ramp {
  /** As the client names it. */
  readonly endpoint: string;
}

interface EndpointRampState {
  ramps: EndpointRamp[];
}

/** One endpoint several times as much as on any day before, for an hour, however slowly it rose, though the whole may look as ever. */
export const endpointRamp = defineDetector<EndpointRampState>({
  id: 'endpoint-ramp',
  family: 'volume',
  parameters: PARAMETERS,
  initial: () => ({ ramps: [] }),
  judge,
  remember,
  samples,
});

function judge({ ramps }: EndpointRampState, { event }: LocatedUsageEvent): readonly Finding[] {
  // Names are compared only where there is something to say, which is hardly ever.
  const ramp = ramps.find((one) => isHighForLong(one) && one.endpoint === event.action.name);
  const rise = ramp && riseOf(ramp, event);
  if (rise === undefined) return NO_FINDINGS;
  const reason = `${forPerson(event.action.name)} ${rise}`;
  return [{ severity: 'low', confidence: PARAMETERS.confidence, deterministic: false, accuses: 'traffic', reason }];
}

function remember(state: EndpointRampState, located: LocatedUsageEvent, facts: SubjectFacts): void {
  const { event } = located;
  const isClean = teaches(located, facts);
  const known = rampOf(state.ramps, event.action.name);
  if (known) countInQuarter(known, event, isClean);
  else if (isClean) begin(state, event);
}

function begin(state: EndpointRampState, event: UsageEvent): void {
  const kept =
    state.ramps.length < PARAMETERS.endpoints ? state.ramps : withoutOneForgotten(state.ramps, quarterOf(event));
  if (!kept) return;
  // Written out: an object made by a spread takes twice as much.
  const ramp = {
    endpoint: event.action.name,
    quarter: 0,
    uses: 0,
    clean: 0,
    high: 0,
    most: 0,
    quarters: 0,
    usual: 0,
    days: 0,
  };
  countInQuarter(ramp, event, true);
  // Neither `push` nor a spread, which reserve room for more than twice as many as there are.
  state.ramps = kept.concat(ramp);
}

/**
 * Without the one that was not used for longest; undefined where all are still in use, and a newcomer is not counted. A client chooses the names: whoever
 * makes a tour of many takes the place of nobody, and leaves his own after an hour. Nor do twenty endpoints, used in turn, keep each other from learning.
 */
function withoutOneForgotten(ramps: readonly EndpointRamp[], quarter: number): EndpointRamp[] | undefined {
  const { keptQuarters, tourQuarters, leastQuartersOfDay } = PARAMETERS;
  const forgotten = ramps.filter((ramp) => {
    const isLearnt = ramp.days > 0 || ramp.quarters >= leastQuartersOfDay;
    return quarter - ramp.quarter >= (isLearnt ? keptQuarters : tourQuarters);
  });
  const [first] = forgotten.sort((a, b) => a.quarter - b.quarter);
  return first && ramps.filter((ramp) => ramp !== first);
}

function rampOf(ramps: readonly EndpointRamp[], endpoint: string): EndpointRamp | undefined {
  for (let index = 0; index < ramps.length; index++) if (ramps[index]?.endpoint === endpoint) return ramps[index];
  return undefined;
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
