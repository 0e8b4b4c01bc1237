import { parseJson } from '../domain/parse-json';
import { IncidentError } from '../domain/errors';
import { jsonValues } from './json-values';
import { LONGEST_TEXT, readLines, tooLarge } from './read-lines';

/**
 * The records of a file, as parsed JSON: JSON lines, a JSON array, `{"Records":[…]}` or `{"Events":[…]}`, gzipped or not, whatever the file is called.
 * JSON lines are read piece by piece. A line that is no JSON becomes a record that is undefined: it is counted, and loses no other; `noJson` is told its number.
 * A file that was begun and not written to yet has none.
 * @throws IncidentError RECORDING_UNREADABLE for a file that can't be read, or is nothing of all that
 */
export async function* readRecords(
  file: string,
  noJson: (line: number) => void = () => undefined,
): AsyncGenerator<readonly unknown[], void> {
  const pieces = readLines(file);
  const whole: string[] = [];
  let isLines = false;
  let length = 0;
  let before = 0;
  for await (const piece of pieces) {
    const first = piece.find(isFilled);
    // The first line tells: one that is a record in itself is followed by others of its kind.
    if (first !== undefined && !whole.some(isFilled) && !isLines) isLines = isRecord(parseJson(first));
    if (isLines) {
      yield recordsOfLines(piece, before + 1, noJson);
      before += piece.length;
      continue;
    }
    length += piece.reduce((sum, line) => sum + line.length + 1, 0);
    if (length > LONGEST_TEXT) throw tooLarge(file);
    whole.push(...piece);
    before += piece.length;
  }
  if (!whole.some(isFilled)) return;
  yield recordsOfWhole(whole, file, noJson);
}

/** @throws IncidentError RECORDING_UNREADABLE */
function recordsOfWhole(lines: readonly string[], file: string, noJson: (line: number) => void): readonly unknown[] {
  const value = parseJson(lines.join('\n'));
  // What some scanners write when they found nothing.
  if (value === null) return [];
  if (Array.isArray(value)) return value as unknown[];
  if (isRecord(value)) return recordsIn(value);
  if (value !== undefined) throw unreadable(file, 'no record');
  const broken: number[] = [];
  const records = recordsOfLines(lines, 1, (line) => void broken.push(line));
  if (!records.some(isRecord)) throw unreadable(file, 'no JSON, or one that is cut off');
  broken.forEach(noJson);
  return records;
}

function recordsOfLines(lines: readonly string[], from: number, noJson: (line: number) => void): readonly unknown[] {
  return lines.flatMap((line, index) => {
    if (!isFilled(line)) return [];
    const values = jsonValues(line);
    for (const value of values) if (value === undefined) noJson(from + index);
    return values.flatMap(recordsIn);
  });
}

function isFilled(line: string): boolean {
  return line.trim() !== '';
}

/** What CloudTrail writes (`Records`) or answers (`Events`) is one object of many records; several of them one after the other are lines of such. */
function recordsIn(value: unknown): readonly unknown[] {
  const within = isRecord(value) ? [value['Records'], value['Events']].find(Array.isArray) : undefined;
  return within ?? [value];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unreadable(file: string, reason: string): IncidentError {
  return new IncidentError('RECORDING_UNREADABLE', { file, reason });
}
