import type { Mapped } from '../detectors/sources/mapped';
import { IncidentError } from '../domain/errors';
import type { StreamEvent } from '../domain/usage-event';
import { readRecords } from './read-records';

export type Mapper<E extends StreamEvent> = (record: unknown) => Mapped<E>;

/** What became of a recording's records. */
export interface RecordCounts {
  records: number;
  /** Well formed, and not the use of a credential. */
  ignored: number;
  malformed: number;
  /** Of the first few: where and what, never a value of the record. */
  readonly faults: string[];
}

const MOST_FAULTS = 10;

export function noRecords(): RecordCounts {
  return { records: 0, ignored: 0, malformed: 0, faults: [] };
}

/**
 * The events of one file in the order they stand in, those of one piece of it at once.
 * @throws IncidentError RECORDING_UNREADABLE
 */
export async function* readEvents<E extends StreamEvent>(
  file: string,
  map: Mapper<E>,
  counts: RecordCounts,
): AsyncGenerator<readonly E[], void> {
  let records = 0;
  const noJson: number[] = [];
  let seen = 0;
  for await (const piece of readRecords(file, (line) => void noJson.push(line))) {
    const events: E[] = [];
    for (const record of piece) {
      records += 1;
      counts.records += 1;
      const mapped = map(record);
      // No JSON text says undefined, so such records come in the order of these lines.
      const line = record === undefined ? noJson[seen++] : undefined;
      if (mapped.kind === 'event') events.push(mapped.event);
      else if (mapped.kind === 'ignored') counts.ignored += 1;
      else {
        counts.malformed += 1;
        const fault =
          line === undefined ? `record ${records}: ${mapped.fault}` : `line ${line}: no JSON, or one that is cut off`;
        if (counts.faults.length < MOST_FAULTS) counts.faults.push(`${file}: ${fault}`);
      }
    }
    yield events;
  }
}

/**
 * Among others a file may be empty, or of another kind; not all of them. @throws IncidentError RECORDING_UNREADABLE when there was no record at all,
 * RECORDING_OF_ANOTHER_SOURCE when not one is what it should be
 */
export function expectRecords(files: readonly string[], { records, malformed, faults }: RecordCounts): void {
  const file = files.join(', ');
  if (records === 0) throw new IncidentError('RECORDING_UNREADABLE', { file, reason: 'no record' });
  if (malformed === records)
    throw new IncidentError('RECORDING_OF_ANOTHER_SOURCE', { file, records, fault: faults[0] ?? '' });
}
