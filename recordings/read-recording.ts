import { mapCloudTrail } from '../detectors/sources/cloudtrail';
import type { UsageEvent } from '../domain/usage-event';
import { expectRecords, noRecords, readEvents, type RecordCounts } from './read-events';

/** What recorded files hold, in the order of time. */
export interface Recording extends Readonly<RecordCounts> {
  readonly events: readonly UsageEvent[];
}

/**
 * Reads all of recorded CloudTrail, as `readRecords` reads a file.
 * @throws IncidentError RECORDING_UNREADABLE, RECORDING_OF_ANOTHER_SOURCE
 */
export async function readRecording(files: readonly string[]): Promise<Recording> {
  const counts = noRecords();
  const events: UsageEvent[] = [];
  for (const file of files)
    for await (const piece of readEvents(file, mapCloudTrail, counts)) for (const event of piece) events.push(event);
  expectRecords(files, counts);
  return { ...counts, events: events.sort((a, b) => a.at - b.at) };
}
