import { nabScore } from '../../../bench/nab-score';
import { windowedGaussian } from '../../../bench/windowed-gaussian';

const SERIES = [
  { rows: 1_000, windows: [[400, 499] as const, [700, 799] as const] },
  { rows: 500, windows: [] },
];

/** Scores that mark these rows and no other. */
const marking = (...rows: (readonly number[])[]): number[][] =>
  SERIES.map((one, index) => Array.from({ length: one.rows }, (_, row) => (rows[index]?.includes(row) ? 1 : 0)));

it.each([
  ['nothing marked', marking(), 0],
  ['the first row of every window', marking([400, 700]), 100],
  ['one window of two', marking([400]), 50],
  ['every row of a window counts once', marking([400, 401, 402, 499, 700]), 100],
  // sigmoid(-0.5) / sigmoid(-1), against the 1 that a miss would cost.
  ['the middle of one window', marking([450]), 25 * (1 + 0.8483 / 0.9866)],
  ['a false alarm before any window', marking([300, 400, 700]), 100 - 25 * 0.11],
  ['one just behind a window costs next to nothing', marking([400, 500, 700]), 100 - 25 * 0.11 * 0.0252],
  ['one far behind it, in full', marking([400, 700, 1_000 - 1]), 100 - 25 * 0.11 * 0.9999],
  ['one in a series without windows', marking([400, 700], [300]), 100 - 25 * 0.11],
  ['nothing counts in the probation', marking([0, 149, 400, 700], [74]), 100],
])('%s', (_what, scores, expected) => {
  expect(nabScore(SERIES, scores)).toBeCloseTo(expected, 1);
});

it('takes the best threshold over all series', () => {
  const noisy = marking([400, 700]).map((scores) => scores.map((score, row) => (row % 10 === 3 ? 0.5 : score)));

  expect(nabScore(SERIES, noisy)).toBeCloseTo(100, 5);
});

it('the floor finds a value far from the usual, before and after its window is full', () => {
  const values = Array.from({ length: 8_000 }, (_, row) => (row === 3_000 || row === 7_990 ? 50 : row % 7));

  const scores = windowedGaussian(values);
  const strangest = scores.map((score, row) => [row < 100 ? 0 : score, row] as const).sort((a, b) => b[0] - a[0]);

  expect(
    strangest
      .slice(0, 2)
      .map(([, row]) => row)
      .sort((a, b) => a - b),
  ).toEqual([3_000, 7_990]);
});
