import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { foldPartition } from '../../../detectors/partition-fold';
import { restorePartition } from '../../../detectors/stored-state';
import { locateIn } from './folding';
import { recordedAfter, RECORDED_PLACES } from './recorded-life';

/**
 * Snapshots of `recordedBefore()`, as builds of their time wrote them, and what the build of schema 1 (69a83d8) said of what came after. A change of what detectors say may
 * change `detections.json`; the snapshots stay.
 */
const read = (name: string): unknown =>
  JSON.parse(readFileSync(join(__dirname, 'stored-snapshots', `${name}.json`), 'utf8'));

test.each(['schema-1', 'schema-2'])('a snapshot of %s goes on as if nothing had happened', (schema) => {
  const state = restorePartition(read(schema));
  expect(state?.subjects.size).toBe(2);
  if (!state) return;

  const { messages, failures } = foldPartition(state, recordedAfter(), { locate: locateIn(RECORDED_PLACES) });

  expect(failures).toEqual([]);
  expect(
    messages.map(({ detection: { detector, reason, eventIds } }) => ({ detector, event: eventIds.at(-1), reason })),
  ).toEqual(read('detections'));
});
