import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { foldPartition } from '../../../detectors/partition-fold';
import { emptyPartition, type PartitionState } from '../../../detectors/partition-state';
import { restorePartition } from '../../../detectors/stored-state';
import { locateIn } from './folding';
import { recordedAfter, recordedBefore, RECORDED_PLACES } from './recorded-life';

/**
 * Snapshots of `recordedBefore()`, as builds of their time wrote them, and what the build of schema 1 (69a83d8) said of what came after. A change of what detectors say may
 * change `detections.json`; the snapshots stay.
 */
const read = (name: string): unknown =>
  JSON.parse(readFileSync(join(__dirname, 'stored-snapshots', `${name}.json`), 'utf8'));

const options = { locate: locateIn(RECORDED_PLACES) };

function saidOf(state: PartitionState) {
  const { messages, failures } = foldPartition(state, recordedAfter(), options);
  expect(failures).toEqual([]);
  return messages.map(({ detection }) => ({
    detector: detection.detector,
    event: detection.eventIds.at(-1),
    reason: detection.reason,
  }));
}

test.each(['schema-1', 'schema-2'])('a snapshot of %s goes on as if nothing had happened', (schema) => {
  const state = restorePartition(read(schema));

  expect(state?.subjects.size).toBe(2);
  expect(state && saidOf(state)).toEqual(read('detections'));
});

test('a life that was never stored says the same', () => {
  const { state } = foldPartition(emptyPartition(), recordedBefore(), options);

  expect(saidOf(state)).toEqual(read('detections'));
});
