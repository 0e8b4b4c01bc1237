import { parse } from 'csv-parse/sync';
import { IncidentError } from '../domain/errors';
import { readLines } from './read-lines';

/** One row of a series. */
export interface SeriesRow {
  /** As it stands in the file. */
  readonly timestamp: string;
  /** Milliseconds since the epoch; what names no zone is UTC. */
  readonly at: number;
  readonly value: number;
}

/**
 * The rows of a CSV file of `timestamp,value`: a first line that does not begin with a time is the header, which may name other columns beside these two. No cell goes over a
 * line's end. Times are ISO 8601, `YYYY-MM-DD HH:MM:SS`, or seconds or milliseconds since the epoch.
 * @throws IncidentError SERIES_UNREADABLE with the line at fault; RECORDING_UNREADABLE for a file that can't be read
 */
export async function* readSeries(file: string): AsyncGenerator<readonly SeriesRow[], void> {
  let columns: Columns = { timestamp: 0, value: 1 };
  let line = 0;
  let isEmpty = true;
  let isFirst = true;
  for await (const piece of readLines(file)) {
    const rows: SeriesRow[] = [];
    for (const text of piece) {
      line += 1;
      if (text.trim() === '') continue;
      const cells = cellsOf(text);
      const row = rowOf(cells, columns);
      if (row) rows.push(row);
      else if (isFirst && !isTime(cells[0] ?? '')) columns = columnsOf(cells);
      else throw new IncidentError('SERIES_UNREADABLE', { file, line });
      isFirst = false;
    }
    isEmpty &&= rows.length === 0;
    yield rows;
  }
  if (isEmpty) throw new IncidentError('SERIES_UNREADABLE', { file, line });
}

function cellsOf(line: string): readonly string[] {
  if (!line.includes('"')) return line.split(',').map((cell) => cell.trim());
  try {
    const [cells = []] = parse(line, { trim: true, relax_quotes: true });
    return cells;
  } catch {
    return line.split(',').map((cell) => cell.trim());
  }
}

interface Columns {
  readonly timestamp: number;
  readonly value: number;
}

const TIMES = ['timestamp', 'datetime', 'date', 'time', 'ts'];

/** By their names; without, the first column, or the first beside the other. */
function columnsOf(header: readonly string[]): Columns {
  const names = header.map((name) => name.toLowerCase());
  const named = { timestamp: names.findIndex((name) => TIMES.includes(name)), value: names.indexOf('value') };
  const timestamp = named.timestamp >= 0 ? named.timestamp : named.value === 0 ? 1 : 0;
  return { timestamp, value: named.value >= 0 ? named.value : timestamp === 0 ? 1 : 0 };
}

/** A row whose value is missing is no header. A name with a number behind it is no time, though JavaScript reads `sensor 1` as January 2001. */
function isTime(cell: string): boolean {
  return /^-?\d+(?:\.\d+)?$|\d{4}|\d:\d/.test(cell) && !Number.isNaN(parseTime(cell));
}

function rowOf(cells: readonly string[], columns: Columns): SeriesRow | undefined {
  const timestamp = cells[columns.timestamp] ?? '';
  const text = cells[columns.value] ?? '';
  const at = parseTime(timestamp);
  const value = Number(text);
  return text === '' || !Number.isFinite(value) || Number.isNaN(at) ? undefined : { timestamp, at, value };
}

/** Seconds are below this, milliseconds above: it is the year 5138 in the one and 1973 in the other. */
const MOST_SECONDS = 1e11;

/** `Z`, `GMT`, `GMT+1`, `+01:00`, `GMT+0100 (Central European Time)`; a year, a month or PM is none. */
const NAMES_ZONE = /(?:\dZ|[ \d](?!AM$|PM$)[A-Z]{2,4}|(?::\d\d|GMT|UTC) ?[+-]\d{1,2}(?::?\d\d)?(?: \([^()]*\))?)$/;

function parseTime(text: string): number {
  if (/^-?\d+(?:\.\d+)?$/.test(text)) {
    const number = Number(text);
    return Math.abs(number) < MOST_SECONDS ? number * 1000 : number;
  }
  const iso =
    /^(?<date>\d{4}-\d\d-\d\d)[ T](?<time>\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(?<zone>Z|[+-]\d\d(?::?\d\d)?)?$/i.exec(text);
  const { date, time, zone } = iso?.groups ?? {};
  // PostgreSQL writes whole hours without minutes, which JavaScript does not read.
  if (date && time) return Date.parse(`${date}T${time}${zone?.replace(/^[+-]\d\d$/, '$&:00') ?? 'Z'}`);
  // Of other forms JavaScript takes those that name no zone for this machine's own time.
  return Date.parse(NAMES_ZONE.test(text) ? text : `${text} UTC`);
}
