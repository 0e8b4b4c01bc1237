import { parseJson } from '../domain/parse-json';
import { IncidentError } from '../domain/errors';
import { jsonValues } from './json-values';
import { LONGEST_TEXT, readLines, tooLarge } from './read-lines';

/**
 * The records of a file, as parsed JSON: JSON lines, a JSON array, or `{"Records":[…]}`, gzipped or not, whatever the file is called.
 * JSON lines are read piece by piece. A line that is no JSON becomes a record that is malformed: it is counted, and loses no other.
 * A file that was begun and not written to yet has none.
 * @throws IncidentError RECORDING_UNREADABLE for a file that can't be read, or is nothing of all that
 */
export async function* readRecords(file: string): AsyncGenerator<readonly unknown[], void> {
  const pieces = readLines(file);
  const whole: string[] = [];
  let isLines = false;
  let length = 0;
  for await (const piece of pieces) {
    const lines = piece.filter((line) => line.trim() !== '');
    const [first] = lines;
    if (first === undefined) continue;
    // The first line tells: one that is a record in itself is followed by others of its kind.
    if (whole.length === 0 && !isLines) isLines = isRecord(parseJson(first));
    if (!isLines) {
      length += lines.reduce((sum, line) => sum + line.length + 1, 0);
      if (length > LONGEST_TEXT) throw tooLarge(file);
      whole.push(...lines);
      continue;
    }
    yield lines.flatMap(jsonValues).flatMap(recordsIn);
  }
  if (whole.length === 0) return;
  const records = recordsOfWhole(whole);
  if (!records) throw unreadable(file, 'no record');
  yield records;
}

function recordsOfWhole(lines: readonly string[]): readonly unknown[] | undefined {
  const value = parseJson(lines.join('\n'));
  // What some scanners write when they found nothing.
  if (value === null) return [];
  if (Array.isArray(value)) return value as unknown[];
  if (isRecord(value)) return recordsIn(value);
  const values = lines.flatMap(jsonValues);
  return values.some(isRecord) ? values.flatMap(recordsIn) : undefined;
}

/** A file that CloudTrail wrote is one object of many records; several of them one after the other are lines of such. */
function recordsIn(value: unknown): readonly unknown[] {
  return isRecord(value) && Array.isArray(value['Records']) ? (value['Records'] as unknown[]) : [value];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unreadable(file: string, reason: string): IncidentError {
  return new IncidentError('RECORDING_UNREADABLE', { file, reason });
}
