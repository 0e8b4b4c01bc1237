import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { mapCloudTrail } from '../../detectors/sources/cloudtrail';
import { parseJson } from '../../detectors/sources/mapped';
import { IncidentError } from '../../domain/errors';
import type { UsageEvent } from '../../domain/usage-event';

/** What recorded files hold, in the order of time. */
export interface Recording {
  readonly events: readonly UsageEvent[];
  readonly records: number;
  /** Well formed, and not the use of an access key. */
  readonly ignored: number;
  /** Where and what, never a value of the record. */
  readonly malformed: readonly string[];
}

const BYTE_ORDER_MARK = /^\uFEFF/;
const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);

/**
 * Reads recorded CloudTrail: JSON lines, a JSON array, or `{"Records":[…]}`, gzipped or not, whatever the files are called.
 * @throws IncidentError RECORDING_UNREADABLE for a file that can't be read, or holds no record at all
 */
export async function readRecording(files: readonly string[]): Promise<Recording> {
  const events: UsageEvent[] = [];
  const malformed: string[] = [];
  let records = 0;
  let ignored = 0;
  for (const file of files) {
    const found = recordsOf(await readText(file));
    if (found.length === 0) throw new IncidentError('RECORDING_UNREADABLE', { file, reason: 'no record' });
    records += found.length;
    found.forEach((record, index) => {
      const mapped = mapCloudTrail(record);
      if (mapped.kind === 'event') events.push(mapped.event);
      else if (mapped.kind === 'ignored') ignored += 1;
      else malformed.push(`${file}: record ${index + 1}: ${mapped.fault}`);
    });
  }
  return { events: events.sort((a, b) => a.at - b.at), records, ignored, malformed };
}

async function readText(file: string): Promise<string> {
  try {
    const bytes = await readFile(file);
    const isGzip = bytes.subarray(0, GZIP_MAGIC.length).equals(GZIP_MAGIC);
    return (isGzip ? await promisify(gunzip)(bytes) : bytes).toString('utf8').replace(BYTE_ORDER_MARK, '');
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unreadable';
    throw new IncidentError('RECORDING_UNREADABLE', { file, reason }, { cause });
  }
}

/** A line that is no JSON becomes a record that is malformed: it is counted, and loses no other. */
function recordsOf(text: string): readonly unknown[] {
  const whole = parseJson(text);
  if (Array.isArray(whole)) return whole;
  if (isRecord(whole)) return recordsIn(whole);
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.some((line) => isRecord(parseJson(line))) ? lines.map(parseJson).flatMap(recordsIn) : [];
}

/** A file that CloudTrail wrote is one object of many records; several of them one after the other are lines of such. */
function recordsIn(value: unknown): readonly unknown[] {
  return isRecord(value) && Array.isArray(value['Records']) ? (value['Records'] as unknown[]) : [value];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
