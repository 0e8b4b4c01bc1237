import { newSeries, scoreNext } from '../detectors/series/series-score';
import { readSeries, type SeriesRow } from '../recordings/read-series';

/** A row with how strange it is, from 0 to 1, by the rows before it. */
export interface ScoredRow extends Pick<SeriesRow, 'timestamp' | 'value'> {
  readonly score: number;
}

/**
 * Scores each file as a series of its own, after those it is to learn from; no more is held than one piece of a file.
 * @throws IncidentError SERIES_UNREADABLE, RECORDING_UNREADABLE
 */
export async function* scoreSeries(
  files: readonly string[],
  learn: readonly string[] = [],
): AsyncGenerator<readonly ScoredRow[], void> {
  for (const file of files) {
    const state = newSeries();
    const score = ({ at, value }: SeriesRow): number => Math.round(scoreNext(state, at, value) * 1e6) / 1e6;
    for (const one of learn) for await (const rows of readSeries(one)) rows.forEach(score);
    for await (const rows of readSeries(file))
      yield rows.map((row) => ({ timestamp: row.timestamp, value: row.value, score: score(row) }));
  }
}
