import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { scoreSeries } from '../../../backtest/score-series';
import { readSeries, type SeriesRow } from '../../../recordings/read-series';
import { temporaryFolder } from '../../support/temporary-folder';

const folder = temporaryFolder();

async function file(content: string | Buffer): Promise<string> {
  const path = join(folder.path, `series-${Math.random()}`);
  await writeFile(path, content);
  return path;
}

async function rowsOf(content: string | Buffer): Promise<readonly SeriesRow[]> {
  const found: SeriesRow[] = [];
  for await (const rows of readSeries(await file(content))) found.push(...rows);
  return found;
}

const NOON = Date.UTC(2026, 0, 6, 12);

it.each([
  ['ISO 8601', '2026-01-06T12:00:00Z', NOON],
  ['with an offset', '2026-01-06T13:00:00+01:00', NOON],
  ['without a zone', '2026-01-06 12:00:00', NOON],
  ['with microseconds', '2026-01-06 12:00:00.000000', NOON],
  ['of PostgreSQL', '2026-01-06 13:00:00+01', NOON],
  ['of JavaScript', 'Tue Jan 06 2026 13:00:00 GMT+0100 (Central European Standard Time)', NOON],
  ['of a letter', '06 Jan 2026 12:00 GMT', NOON],
  ['with PM', '01/06/2026 12:00 PM', NOON],
  ['with UTC', '2026-01-06 12:00 UTC', NOON],
  ['of another form, without a zone', '2026/01/06 12:00:00', NOON],
  ['of another form, with a zone', '2026/01/06 13:00:00 +0100', NOON],
  ['seconds', '1767700800', NOON],
  ['milliseconds', '1767700800000', NOON],
])('a time: %s', async (_what, timestamp, at) => {
  expect(await rowsOf(`timestamp,value\n${timestamp},1.5\n`)).toEqual([{ timestamp, at, value: 1.5 }]);
});

it.each([
  ['no header', '1767700800,1\r\n1767700801,-2e3\r\n'],
  ['a header', 'timestamp,value\n1767700800,1\n1767700801,-2e3'],
  ['other columns', 'value,host,timestamp\n1,"a",1767700800\n-2e3,"b","1767700801"'],
  ['commas in quotes', 'timestamp,note,value\n1767700800,"cpu, 5, ""x""",1\n1767700801,,-2e3'],
  ['a stray quote', 'timestamp,value,note\n1767700800,1,5" pipe\n1767700801,-2e3,"a \\"b\\""'],
  ['a blank line before the header', '\n\ntimestamp,value\n1767700800,1\n1767700801,-2e3'],
  ['only the value named', 'moment,open,value\n1767700800,7,1\n1767700801,7,-2e3'],
  ['only the time named', 'open,ts\n1,1767700800\n-2e3,1767700801'],
  ['names that end with a number', 'cpu-1,time,value\n7,1767700800,1\n7,1767700801,-2e3'],
  ['a name with a number further on', 'timestamp,sensor 1,value\n1767700800,7,1\n1767700801,7,-2e3'],
  ['gzipped', gzipSync('timestamp,value\n1767700800,1\n1767700801,-2e3')],
])('%s', async (_what, content) => {
  expect((await rowsOf(content)).map(({ at, value }) => [at - NOON, value])).toEqual([
    [0, 1],
    [1_000, -2_000],
  ]);
});

it.each([
  ['nothing', '', 0],
  ['a header alone', 'timestamp,value\n', 1],
  ['no value in the first row', '2026-01-06 12:00:00,\n2026-01-06 12:00:01,1\n', 1],
  ['no value in a first row of seconds', '300,\n600,1\n', 1],
  ['no number', 'timestamp,value\n1767700800,1\n1767700801,\n', 3],
  ['no time', 'timestamp,value\n1767700800,1\nyesterday,1\n', 3],
])('refuses %s and names the line', async (_what, content, line) => {
  await expect(rowsOf(content)).rejects.toMatchObject({ code: 'SERIES_UNREADABLE', fields: { line } });
});

it('each file is scored as a series of its own, after what it learns from', async () => {
  const steady = await file(Array.from({ length: 300 }, (_, row) => `${row * 300},${row % 5}`).join('\n'));
  const strange = await file('90000,3\n90300,500');
  const scores: number[] = [];

  for await (const rows of scoreSeries([strange, strange], [steady])) scores.push(...rows.map(({ score }) => score));

  expect(scores[0]).toBeLessThan(0.3);
  expect(scores[1]).toBeGreaterThan(0.5);
  expect(scores.slice(2)).toEqual(scores.slice(0, 2));
});
