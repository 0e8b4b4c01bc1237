import type { UsageEvent } from '../../../domain/usage-event';
import { endpointRamp } from '../../../detectors/endpoint-ramp';
import { markOf } from '../../../detectors/marks';
import { RAMP_SIZE } from '../../../detectors/ramp';
import { rateRamp } from '../../../detectors/rate-ramp';
import { SAMPLE_PLACES, SAMPLE_SUBJECT, sampleUse } from '../../../detectors/sample-life';
import { foldAll, foldSample, rowsOf } from './folding';

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

/** Of each endpoint it counts, in no order that means anything, the days it has learnt. */
function learntDays(events: readonly UsageEvent[], named: readonly string[]): readonly (readonly [string, number])[] {
  const { state } = foldAll(events, SAMPLE_PLACES, [endpointRamp]);
  const { marks = [], ramps = [] } = rowsOf(state.subjects.get(SAMPLE_SUBJECT), 'endpoint-ramp');
  return marks.map((mark, index) => [
    named.find((name) => markOf(name, markOf(SAMPLE_SUBJECT)) === mark) ?? 'another',
    ramps[(index + 1) * RAMP_SIZE - 1] ?? NaN,
  ]);
}

test('whoever names hundreds makes it forget no endpoint that has learnt a day', () => {
  const life = [0, 1, 2, 3].flatMap((day) => dayOf(['GET /orders'], day));
  const tour = Array.from({ length: 500 }, (_, index) =>
    use(`GET /tour/${index}`, 3 * DAY + 5 * 60 * MINUTE + index * MINUTE),
  );

  const learnt = learntDays([...life, ...tour], ['GET /orders']);

  expect(learnt).toHaveLength(8);
  expect(learnt).toContainEqual(['GET /orders', 3]);
});

test('of twenty endpoints used in turn, eight learn', () => {
  const names = Array.from({ length: 20 }, (_, index) => `GET /service/${index}`);

  const learnt = learntDays(
    [0, 1, 2, 3].flatMap((day) => dayOf(names, day)),
    names,
  );

  expect(learnt).toEqual(names.slice(0, 8).map((endpoint) => [endpoint, 3]));
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

  const counted = (events: readonly UsageEvent[]) =>
    learntDays(events, ['GET /tour', 'GET /new']).map(([endpoint]) => endpoint);

  expect(counted(newAfterTour(30))).toContain('GET /tour');
  expect(counted(newAfterTour(30))).not.toContain('GET /new');
  expect(counted(newAfterTour(90))).not.toContain('GET /tour');
  expect(counted(newAfterTour(90))).toContain('GET /new');
  expect(counted(newOnDay(10))).not.toContain('GET /new');
  expect(counted(newOnDay(16))).toContain('GET /new');
});

test('it speaks where of all uses together there is nothing to say', () => {
  const [sample] = endpointRamp.samples().positives;

  expect(sample && foldSample(sample, [rateRamp]).messages).toEqual([]);
  expect(sample && foldSample(sample, [endpointRamp]).messages).not.toEqual([]);
});
