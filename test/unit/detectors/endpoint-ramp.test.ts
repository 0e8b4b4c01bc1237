import type { UsageEvent } from '../../../domain/usage-event';
import { endpointRamp } from '../../../detectors/endpoint-ramp';
import { emptyRamp } from '../../../detectors/ramp';
import { rateRamp } from '../../../detectors/rate-ramp';
import { SAMPLE_PLACES, SAMPLE_SUBJECT, sampleUse } from '../../../detectors/sample-life';
import { foldAll, foldSample } from './folding';

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;

function use(name: string, afterMs: number): UsageEvent {
  return { ...sampleUse({ afterMs, mark: name }), action: { kind: 'read', name } };
}

/** Each of them once in each quarter of four hours. */
function dayOf(names: readonly string[], day: number): UsageEvent[] {
  return Array.from({ length: 16 }, (_, quarter) =>
    names.map((name, index) => use(name, day * DAY + quarter * 15 * MINUTE + index * 10_000)),
  ).flat();
}

function learntDays(events: readonly UsageEvent[]): readonly { readonly endpoint: string; readonly days: number }[] {
  const { state } = foldAll(events, SAMPLE_PLACES, [endpointRamp]);
  const { ramps } = state.subjects[SAMPLE_SUBJECT]?.detectors['endpoint-ramp'] as {
    ramps: { endpoint: string; days: number }[];
  };
  return ramps.map(({ endpoint, days }) => ({ endpoint, days }));
}

const ORDERS = { endpoint: 'GET /orders', days: 3 };

test('whoever names hundreds makes it forget no endpoint that has learnt a day', () => {
  const life = [0, 1, 2, 3].flatMap((day) => dayOf(['GET /orders'], day));
  const tour = Array.from({ length: 500 }, (_, index) =>
    use(`GET /tour/${index}`, 3 * DAY + 5 * 60 * MINUTE + index * MINUTE),
  );

  const learnt = learntDays([...life, ...tour]);

  expect(learnt).toHaveLength(8);
  expect(learnt[0]).toEqual(ORDERS);
});

test('of twenty endpoints used in turn, eight learn', () => {
  const names = Array.from({ length: 20 }, (_, index) => `GET /service/${index}`);

  const learnt = learntDays([0, 1, 2, 3].flatMap((day) => dayOf(names, day)));

  expect(learnt).toEqual(names.slice(0, 8).map((endpoint) => ({ endpoint, days: 3 })));
});

test('what a tour left makes room after an hour, and what has learnt a day after two weeks', () => {
  const names = Array.from({ length: 8 }, (_, index) => `GET /service/${index}`);
  const evening = 5 * 60 * MINUTE;
  const newAfterTour = (minutes: number) => [
    ...dayOf(names.slice(1), 0),
    use('GET /tour', evening),
    use('GET /new', evening + minutes * MINUTE),
  ];
  const newOnDay = (day: number) => [...[0, 1].flatMap((one) => dayOf(names, one)), use('GET /new', day * DAY)];

  expect(learntDays(newAfterTour(30)).at(-1)?.endpoint).toBe('GET /tour');
  expect(learntDays(newAfterTour(90)).at(-1)?.endpoint).toBe('GET /new');
  expect(learntDays(newOnDay(10)).at(-1)?.endpoint).not.toBe('GET /new');
  expect(learntDays(newOnDay(16)).at(-1)?.endpoint).toBe('GET /new');
});

test('it speaks where of all uses together there is nothing to say', () => {
  const [sample] = endpointRamp.samples().positives;

  expect(sample && foldSample(sample, [rateRamp]).messages).toEqual([]);
  expect(sample && foldSample(sample, [endpointRamp]).messages).not.toEqual([]);
});

test('what stored snapshots hold of a ramp is read as before', () => {
  expect(rateRamp.initial()).toEqual(emptyRamp());
  expect(Object.keys(emptyRamp())).toEqual(['quarter', 'uses', 'clean', 'high', 'most', 'quarters', 'usual', 'days']);
});
