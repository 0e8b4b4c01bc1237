import { defineDetector, NO_FINDINGS, type Finding, type Samples, type SubjectFacts } from './detector';
import { teaches } from './learning';
import type { LocatedUsageEvent } from './located-event';
import { forPerson } from './person-text';
import type { Rows } from './rows';
import { SAMPLE_PLACES, sampleUse, steadyLife } from './sample-life';
import { serviceOf } from './service-of';
import {
  beginTail,
  closedMinutes,
  countInMinute,
  countMinute,
  lastMinute,
  levelOf,
  markOfTail,
  tailThreshold,
  type ServiceTail,
} from './tail';

const PARAMETERS = {
  /** One alarm in ten thousand minutes of its own; level and calibration: reference/detection.md 1.2.9, SPOT. */
  risk: 1e-4,
  level: 0.98,
  calibrationMinutes: 1_000,
  /** Below that a person would not look at it: reference/detection.md 1.2.9. */
  leastUses: 20,
  forgottenMinutes: 14 * 1_440,
  confidence: 0.5,
} as const;

/** Of six services; the one that was seen in the fewest minutes makes room for another. */
const TAILS = ['a', 'b', 'c', 'd', 'e', 'f'] as const;

type TailRows = Rows<(typeof TAILS)[number]>;

/**
 * More uses of one service within a minute than its own tail allows: rare extremes follow one law whatever the rest looks like (peaks over threshold, Siffer et al., KDD 2017), so that
 * bursts, nightly jobs and people need no model each.
 */
export const serviceTail = defineDetector<(typeof TAILS)[number]>({
  id: 'service-tail',
  family: 'volume',
  parameters: PARAMETERS,
  initial: { a: [], b: [], c: [], d: [], e: [], f: [] },
  judge,
  remember,
  samples,
});

function judge(tails: TailRows, { event, marks }: LocatedUsageEvent): readonly Finding[] {
  const { at, action } = event;
  const tail = event.outcome === 'accepted' ? tailOf(tails, marks.service) : undefined;
  const minute = minuteOf(at);
  if (!tail || closedMinutes(tail) < PARAMETERS.calibrationMinutes || minute < lastMinute(tail)) return NO_FINDINGS;
  const count = countInMinute(tail, minute);
  if (count < PARAMETERS.leastUses || count <= tailThreshold(tail, PARAMETERS)) return NO_FINDINGS;
  const { confidence } = PARAMETERS;
  const reason = `${forPerson(serviceOf(action.name))} used ${count} times within a minute, where ${Math.ceil(levelOf(tail))} are many`;
  return [{ severity: 'low', confidence, deterministic: false, accuses: 'traffic', reason }];
}

function remember(tails: TailRows, located: LocatedUsageEvent, facts: SubjectFacts): void {
  if (located.event.outcome !== 'accepted') return;
  const { at } = located.event;
  const { service } = located.marks;
  const known = tailOf(tails, service);
  const isClean = teaches(located, facts);
  if (known) {
    countMinute(known, minuteOf(at), isClean, PARAMETERS);
    return;
  }
  // A thief's tour of other services makes nobody forget what is usual of one.
  if (!isClean) return;
  const tail = freeOf(tails) ?? leastOf(tails, minuteOf(at));
  beginTail(tail, service);
  countMinute(tail, minuteOf(at), true, PARAMETERS);
}

/** A row without numbers is no tail yet. */
function freeOf(tails: TailRows): ServiceTail | undefined {
  return TAILS.map((name) => tails[name]).find(({ length }) => length === 0);
}

/** One that was not used for weeks; else the one with the fewest minutes, of which least is known. */
function leastOf(tails: TailRows, minute: number): ServiceTail {
  const worthOf = (tail: ServiceTail): number =>
    lastMinute(tail) < minute - PARAMETERS.forgottenMinutes ? -1 : closedMinutes(tail);
  return TAILS.map((name) => tails[name]).reduce((least, tail) => (worthOf(tail) <= worthOf(least) ? tail : least));
}

function tailOf(tails: TailRows, service: number): ServiceTail | undefined {
  for (const name of TAILS) {
    const tail = tails[name];
    if (tail.length > 0 && markOfTail(tail) === service) return tail;
  }
  return undefined;
}

function minuteOf(at: number): number {
  return Math.floor(at / 60_000);
}

function samples(): Samples {
  const places = SAMPLE_PLACES;
  const minutes = PARAMETERS.calibrationMinutes + 100;
  // Two to five uses a minute, and twelve every half an hour.
  const life = Array.from({ length: minutes }, (_, minute) =>
    steadyLife({ count: minute % 30 === 0 ? 12 : 2 + (minute % 4), everyMs: 1_000, afterMs: minute * 60_000 }),
  ).flat();
  const burst = (count: number, name: string) =>
    Array.from({ length: count }, (_, index) => ({
      ...sampleUse({ afterMs: minutes * 60_000 + index * 900, mark: 'burst' }),
      action: { kind: 'read' as const, name },
    }));
  return {
    positives: [{ title: 'a minute beyond the tail', events: [...life, ...burst(60, 'GET /orders/export')], places }],
    nearMisses: [
      { title: 'a busy minute such as there are', events: [...life, ...burst(13, 'GET /orders')], places },
      { title: 'a service that is not calibrated yet', events: [...life, ...burst(60, 'GET /reports')], places },
      { title: 'a burst in a short life', events: [...life.slice(-400), ...burst(60, 'GET /orders')], places },
    ],
  };
}
