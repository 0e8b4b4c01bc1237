import { setTimeout as delay } from 'node:timers/promises';
import { publicIdSubject } from '../../domain/subject';
import type { PartitionEvent, StreamEvent } from '../../domain/usage-event';
import { sampleUse } from '../../detectors/sample-life';
import { startSampleDetection } from '../support/detection-worker';
import { eventually } from '../support/eventually';
import { publishUsage } from '../support/publish-usage';
import { onePartition } from '../support/one-partition';

const HONEYTOKENS = 25;
const EACH_MS = 100;

const server = onePartition();

/** Takes long to decide on: the hold does. */
function useOfHoneytoken(index: number): readonly StreamEvent[] {
  const subject = publicIdSubject('sample', `honeytoken-${index}`);
  const at = Date.now();
  const use = { ...sampleUse({ afterMs: 0, subject }), at, id: `use-${index}` };
  return [{ kind: 'control', id: `control-${index}`, at: at - 1, subject, listed: 'honeytoken' }, use];
}

async function pacesTold(): Promise<readonly string[]> {
  const stored = await server.messagesIn('USAGE');
  const events = stored.flatMap((message) => message.json<{ readonly events: readonly PartitionEvent[] }>().events);
  return events.flatMap((event) => (event.kind === 'pace' ? [event.sheds] : []));
}

test('a worker that falls behind has its partition shed learning, decides on everything, and learns again when it has caught up', async () => {
  let held = 0;
  const detection = await startSampleDetection(server.nats, {
    behindMs: 300,
    hold: async () => {
      held += 1;
      await delay(EACH_MS);
      return undefined;
    },
  });

  await publishUsage(
    server.nats,
    1,
    Array.from({ length: HONEYTOKENS }, (_, index) => useOfHoneytoken(index)),
  );
  await eventually(pacesTold, (told) => told.includes('learning'));
  await eventually(
    () => held,
    (count) => count === HONEYTOKENS,
  );
  let next = 0;
  await eventually(
    async () => {
      await publishUsage(server.nats, 1, [
        [{ ...sampleUse({ afterMs: 0 }), at: Date.now(), id: `ordinary-${next++}` }],
      ]);
      return pacesTold();
    },
    (told) => told.includes('nothing'),
  );
  await detection.stop();

  expect(await pacesTold()).toEqual(['learning', 'nothing']);
  expect(detection.counters.sheddings).toBe(1);
  expect(held).toBe(HONEYTOKENS);
});
