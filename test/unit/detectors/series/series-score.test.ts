import fc from 'fast-check';
import { newSeries, scoreNext, type SeriesState } from '../../../../detectors/series/series-score';

const ROW_MS = 300_000;
const ROWS_A_DAY = 288;

/** Reproducible noise between 0 and 1. */
function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function scoresOf(values: readonly number[], state: SeriesState = newSeries(), from = 0): readonly number[] {
  return values.map((value, row) => scoreNext(state, (from + row) * ROW_MS, value));
}

/** Two weeks of an office: busy by day, quiet by night. */
function office(change: (value: number, row: number) => number = (value) => value): readonly number[] {
  const next = noise(1);
  return Array.from({ length: 14 * ROWS_A_DAY }, (_, row) => {
    const hour = (row % ROWS_A_DAY) / 12;
    return change(hour >= 9 && hour < 18 ? 80 + 8 * next() : 20 + 4 * next(), row);
  });
}

const largest = (scores: readonly number[]): number => Math.max(...scores);
const DAY = (number: number): [number, number] => [number * ROWS_A_DAY, (number + 1) * ROWS_A_DAY];

it('has little to say of ordinary days, and nothing of a series that stands still', () => {
  expect(largest(scoresOf(office()).slice(600))).toBeLessThan(0.25);
  expect(largest(scoresOf(Array.from({ length: 2_000 }, () => 5)))).toBe(0);
});

it.each([
  ['a peak', (value: number, row: number) => (row === 10 * ROWS_A_DAY + 150 ? 300 : value)],
  ['a dip below all', (value: number, row: number) => (row === 10 * ROWS_A_DAY + 150 ? -150 : value)],
  [
    'a day that is as quiet as a night',
    (value: number, row: number) => (Math.floor(row / ROWS_A_DAY) === 10 ? Math.min(value, 22) : value),
  ],
])('%s stands out', (_what, change) => {
  const [first, end] = DAY(10);
  const scores = scoresOf(office(change));

  expect(largest(scores.slice(first, end))).toBeGreaterThan(0.5);
  expect(largest(scores.slice(600, first))).toBeLessThan(0.25);
});

it('does not tell the same again at once', () => {
  const spikes = office((value, row) => (row === 2_900 || row === 2_903 ? 300 : value));

  const scores = scoresOf(spikes);

  expect([scores[2_900] ?? 0, scores[2_903] ?? 1].map((score) => score > 0.5)).toEqual([true, false]);
});

it('a change after standing still is as strange as can be', () => {
  const scores = scoresOf([...Array.from({ length: 500 }, () => 5), 6]);

  expect(scores.at(-1)).toBeGreaterThan(0.99);
});

const values = fc.array(fc.double({ noNaN: true }), { maxLength: 400 });

it('is between 0 and 1 for whatever comes, whenever', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer(), fc.double({ noNaN: true })), { maxLength: 400 }), (rows) => {
      const state = newSeries();
      for (const [at, value] of rows) {
        const score = scoreNext(state, at, value);
        expect(score >= 0 && score <= 1).toBe(true);
      }
    }),
  );
});

it('depends only on what came before, and its state survives being stored', () => {
  fc.assert(
    fc.property(values, values, (before, after) => {
      const whole = scoresOf([...before, ...after]);
      const state = newSeries();
      const first = scoresOf(before, state);
      const restored = JSON.parse(JSON.stringify(state)) as SeriesState;

      expect([...first, ...scoresOf(after, restored, before.length)]).toEqual(whole);
    }),
    { numRuns: 50 },
  );
});

it('remembers no more of a long series than of a short one', () => {
  const state = newSeries();
  scoresOf(office(), state);
  const size = JSON.stringify(state).length;

  scoresOf(office(), state, 14 * ROWS_A_DAY);

  expect(JSON.stringify(state).length).toBeLessThan(size * 1.2);
});
