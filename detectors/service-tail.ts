import { defineDetector, NO_FINDINGS, type Finding, type Samples, type SubjectFacts } from './detector';
import { teaches } from './learning';
import type { LocatedUsageEvent } from './located-event';
import { forPerson } from './person-text';
import { SAMPLE_PLACES, sampleUse, steadyLife } from './sample-life';
import { countMinute, emptyTail, tailThreshold, type ServiceTail } from './tail';

const PARAMETERS = {
  /** One alarm in ten thousand minutes of its own; level and calibration: reference/detection.md 1.2.9, SPOT. */
  risk: 1e-4,
  level: 0.98,
  calibrationMinutes: 1_000,
  /** Below that a person would not look at it: reference/detection.md 1.2.9. */
  leastUses: 20,
  /** Services that are counted; the one that was seen in the fewest minutes makes room. */
  services: 6,
  forgottenMs: 14 * 86_400_000,
  confidence: 0.5,
} as const;

interface TailState {
  readonly tails: ServiceTail[];
}

/**
 * More uses of one service within a minute than its own tail allows: rare extremes follow one law whatever the rest looks like (peaks over threshold, Siffer et al., KDD 2017), so that
 * bursts, nightly jobs and people need no model each.
 */
export const serviceTail = defineDetector<TailState>({
  id: 'service-tail',
  family: 'volume',
  parameters: PARAMETERS,
  initial: () => ({ tails: [] }),
  judge,
  remember,
  samples,
});

function judge({ tails }: TailState, { event }: LocatedUsageEvent): readonly Finding[] {
  const { at, action, outcome } = event;
  const tail = outcome === 'contained' ? undefined : tailOf(tails, serviceOf(action.name));
  if (!tail || tail.minutes < PARAMETERS.calibrationMinutes || at < tail.start) return NO_FINDINGS;
  const count = at < tail.start + MINUTE_MS ? tail.count + 1 : 1;
  if (count < PARAMETERS.leastUses || count <= tailThreshold(tail, PARAMETERS)) return NO_FINDINGS;
  const { confidence } = PARAMETERS;
  const reason = `${forPerson(tail.service)} used ${count} times within a minute, where ${Math.ceil(tail.level)} are many`;
  return [{ severity: 'low', confidence, deterministic: false, accuses: 'traffic', reason }];
}

const MINUTE_MS = 60_000;

function remember({ tails }: TailState, located: LocatedUsageEvent, facts: SubjectFacts): void {
  const { at, action, outcome } = located.event;
  if (outcome === 'contained') return;
  const service = serviceOf(action.name);
  const known = tailOf(tails, service);
  const isClean = teaches(located, facts);
  if (known) {
    countMinute(known, at - (at % MINUTE_MS), isClean, PARAMETERS);
    return;
  }
  // A thief's tour of other services makes nobody forget what is usual of one.
  if (!isClean) return;
  const tail = emptyTail(service);
  countMinute(tail, at - (at % MINUTE_MS), true, PARAMETERS);
  if (tails.length < PARAMETERS.services) tails.push(tail);
  else replaceLeast(tails, tail);
}

/** One that was not used for weeks; else the one with the fewest minutes, of which least is known. */
function replaceLeast(tails: ServiceTail[], tail: ServiceTail): void {
  const worthOf = ({ start, minutes }: ServiceTail): number =>
    start < tail.start - PARAMETERS.forgottenMs ? -1 : minutes;
  let least = 0;
  for (let index = 1; index < tails.length; index++) {
    const [one, other] = [tails[index], tails[least]];
    if (one && other && worthOf(one) <= worthOf(other)) least = index;
  }
  tails[least] = tail;
}

function tailOf(tails: readonly ServiceTail[], service: string): ServiceTail | undefined {
  for (let index = tails.length - 1; index >= 0; index--) if (tails[index]?.service === service) return tails[index];
  return undefined;
}

/** `iam` of `iam:ListUsers`; `/orders` of `GET /orders/*`; a whole name that has neither. */
function serviceOf(action: string): string {
  const path = action.indexOf(' /');
  if (path === -1) {
    const colon = action.indexOf(':');
    return colon === -1 ? action : action.slice(0, colon);
  }
  const end = action.indexOf('/', path + 2);
  return end === -1 ? action.slice(path + 1) : action.slice(path + 1, end);
}

function samples(): Samples {
  const places = SAMPLE_PLACES;
  const minutes = PARAMETERS.calibrationMinutes + 100;
  // Two to five uses a minute, and twelve every half an hour.
  const life = Array.from({ length: minutes }, (_, minute) =>
    steadyLife({ count: minute % 30 === 0 ? 12 : 2 + (minute % 4), everyMs: 1_000, afterMs: minute * MINUTE_MS }),
  ).flat();
  const burst = (count: number, name: string) =>
    Array.from({ length: count }, (_, index) => ({
      ...sampleUse({ afterMs: minutes * MINUTE_MS + index * 900, mark: 'burst' }),
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
