/**
 * Scores of the benchmark's standard profile that its authors publish (github.com/numenta/NAB, README), on all of its 58 series: not the same test as ours, which
 * is of the series that are there.
 */
export const PUBLISHED_NAB = [
  ['windowed Gaussian', 39.6],
  ['KNN-CAD', 58.0],
  ['HTM', 70.5],
  ['the best', 74.9],
] as const satisfies readonly (readonly [detector: string, score: number])[];
