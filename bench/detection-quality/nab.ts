import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { newSeries, scoreNext } from '../../detectors/series/series-score';
import { readSeries, type SeriesRow } from '../../recordings/read-series';
import { nabScore, type LabelledSeries } from '../nab-score';
import { windowedGaussian } from '../windowed-gaussian';

export interface NabFigures {
  readonly series: number;
  readonly score: number;
  /** Of NAB's windowed Gaussian on the same series. */
  readonly floor: number;
}

const windowsFile = z.record(z.string(), z.array(z.tuple([z.string(), z.string()])));

/** The benchmark's standard profile on the series that are there. */
export async function nab(dataFolder: string): Promise<NabFigures> {
  const folder = join(dataFolder, 'nab');
  const windows = windowsFile.parse(JSON.parse(await readFile(join(folder, 'windows.json'), 'utf8')));
  const labelled: LabelledSeries[] = [];
  const scores: (readonly number[])[] = [];
  const floors: (readonly number[])[] = [];
  for (const [name, times] of Object.entries(windows)) {
    const rows = await rowsOf(join(folder, name));
    labelled.push({ rows: rows.length, windows: times.map((window) => rowsWithin(rows, window)) });
    const state = newSeries();
    scores.push(rows.map(({ at, value }) => scoreNext(state, at, value)));
    floors.push(windowedGaussian(rows.map(({ value }) => value)));
  }
  return { series: labelled.length, score: nabScore(labelled, scores), floor: nabScore(labelled, floors) };
}

async function rowsOf(file: string): Promise<readonly SeriesRow[]> {
  const found: SeriesRow[] = [];
  for await (const rows of readSeries(file)) for (const row of rows) found.push(row);
  return found;
}

function rowsWithin(rows: readonly SeriesRow[], [from, to]: readonly [string, string]): readonly [number, number] {
  const [first, last] = [from, to].map((text) => Date.parse(`${text.replace(' ', 'T').slice(0, 23)}Z`));
  return [rows.findIndex(({ at }) => at >= (first ?? 0)), rows.findLastIndex(({ at }) => at <= (last ?? 0))];
}
