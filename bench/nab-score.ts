/** Windows of rows in which a series is anomalous, first and last row included. */
export interface LabelledSeries {
  readonly rows: number;
  readonly windows: readonly (readonly [first: number, last: number])[];
}

/**
 * The standard profile of the Numenta Anomaly Benchmark (Lavin and Ahmad, "Evaluating real-time anomaly detection algorithms", 2015): what a
 * false positive costs against a window found or missed.
 */
const FALSE_POSITIVE = 0.11;
const PROBATION = 0.15;
/** The probation of a series longer than this is no longer. */
const PROBATION_ROWS = 5_000;
/** This many window lengths behind a window, a detection is false in full. */
const FAR = 3;

/** Early in a window nearly 1, at its end 0, behind it down to -1. */
function earned(position: number): number {
  return position > FAR ? -1 : 2 / (1 + Math.exp(5 * position)) - 1;
}

interface Marked {
  readonly score: number;
  /** What a detection here is worth, and of which window it is, if of any. */
  readonly worth: number;
  readonly window: string | undefined;
}

/**
 * The normalised score of scores for every row of every series: 100 for a detector that marks the first row of every window and no other, 0
 * for one that says nothing. One threshold for all series, the best one.
 */
export function nabScore(series: readonly LabelledSeries[], scores: readonly (readonly number[])[]): number {
  const windows = series.reduce((count, one) => count + one.windows.length, 0);
  const marked = series.flatMap((one, index) => markedRows(one, scores[index] ?? [], String(index)));
  marked.sort((a, b) => b.score - a.score);
  const found = new Map<string, number>();
  let total = -windows;
  let best = total;
  for (let next = 0; next < marked.length;) {
    const threshold = marked[next]?.score;
    for (let row = marked[next]; row && row.score === threshold; row = marked[++next]) {
      if (row.window === undefined) total += row.worth;
      else {
        // A missed window costs 1; of several detections in one, the earliest counts, which is worth most.
        const before = found.get(row.window) ?? -1;
        total += Math.max(before, row.worth) - before;
        found.set(row.window, Math.max(before, row.worth));
      }
    }
    best = Math.max(best, total);
  }
  return (100 * (best + windows)) / (2 * windows);
}

/** Rows that a threshold above 0 could mark, without the probation. */
function markedRows({ rows, windows }: LabelledSeries, scores: readonly number[], name: string): readonly Marked[] {
  const probation = Math.floor(PROBATION * Math.min(rows, PROBATION_ROWS));
  return scores.flatMap((score, row) =>
    row < probation || !(score > 0) ? [] : [{ score, ...worthOf(row, windows, name) }],
  );
}

function worthOf(row: number, windows: LabelledSeries['windows'], name: string): Omit<Marked, 'score'> {
  const inside = windows.findIndex(([first, last]) => row >= first && row <= last);
  const window = windows[inside];
  if (window) {
    const [first, last] = window;
    const position = -(last - row + 1) / (last - first + 1);
    return { worth: earned(position) / earned(-1), window: `${name}/${inside}` };
  }
  const before = windows.findLast(([, last]) => last < row);
  if (!before) return { worth: -FALSE_POSITIVE, window: undefined };
  const [first, last] = before;
  return { worth: FALSE_POSITIVE * earned((row - last) / (last - first)), window: undefined };
}
