import { detectionMessage } from '../../domain/detection';
import { publicIdSubject, type Subject } from '../../domain/subject';
import type { UsageEvent } from '../../domain/usage-event';
import { SAMPLE_START, sampleUse, steadyLife } from '../../detectors/sample-life';
import type { Detection } from '../../workers/detection/start-detection';
import { startSampleDetection } from '../support/detection-worker';
import { eventually } from '../support/eventually';
import { publishUsage } from '../support/publish-usage';
import { onePartition } from '../support/one-partition';

const CREDENTIALS = 60;
const IN_MEMORY = 20;

const server = onePartition();

const subjects = Array.from({ length: CREDENTIALS }, (_, index) => publicIdSubject('sample', `idle-${index}`));
// A healthy quarter of a minute each, one after the other, that ends now.
const shift = Date.now() - SAMPLE_START - CREDENTIALS * 15_000;
const timed = (use: UsageEvent, subject: Subject): UsageEvent => ({
  ...use,
  at: use.at + shift,
  id: `${subject}-${use.id}`,
});
const lives = subjects.map((subject, index) =>
  steadyLife({ count: 60, everyMs: 200, afterMs: index * 15_000, subject }).map((use) => timed(use, subject)),
);
const thefts = subjects.map((subject, index) =>
  timed(
    sampleUse({
      afterMs: CREDENTIALS * 15_000 + index,
      address: '198.51.100.20',
      agent: 'sqlmap/1.7',
      subject,
    }),
    subject,
  ),
);

function start(): Promise<Detection> {
  return startSampleDetection(server.nats, { subjectsInMemory: IN_MEMORY, inventory: { lookup: () => undefined } });
}

async function toldOf(): Promise<ReadonlySet<string>> {
  const stored = await server.messagesIn('DETECTIONS');
  return new Set(stored.map((message) => detectionMessage.parse(message.json()).detection.subject));
}

test('who was put away for want of room comes back as it was, with another worker too', async () => {
  const first = await start();
  await publishUsage(server.nats, 1, lives);
  await eventually(
    () => first.counters.events,
    (count) => count === CREDENTIALS * 60,
  );
  await first.stop();
  expect(first.counters.evicted).toBeGreaterThanOrEqual(CREDENTIALS - IN_MEMORY);

  const second = await start();
  await publishUsage(server.nats, 1, [thefts]);
  const told = await eventually(toldOf, ({ size }) => size === CREDENTIALS);
  await second.stop();

  expect([...told].sort()).toEqual([...subjects].sort());
  expect(second.counters.woken).toBeGreaterThanOrEqual(CREDENTIALS - IN_MEMORY);
});

test('what is put away is forgotten after 400 days, unless it is listed', async () => {
  const listed = Array.from({ length: IN_MEMORY + 1 }, (_, index) => publicIdSubject('sample', `listed-${index}`));
  const detection = await start();
  // One a message: of a state that is far too full a part goes with each.
  await publishUsage(
    server.nats,
    1,
    listed.map((subject) => [{ kind: 'control', id: subject, at: Date.now(), subject, listed: 'revoked' }]),
  );
  await eventually(
    () => detection.counters.events,
    (count) => count >= listed.length,
  );
  await detection.stop();

  const found = new Set<string>();
  for (const stored of await server.messagesIn('KV_idle-subjects')) {
    const { subject } = stored.json<{ readonly subject: Subject }>();
    found.add(`${listed.includes(subject) ? 'listed' : 'other'}: ${stored.header.get('Nats-TTL') || 'for ever'}`);
  }
  expect([...found].sort()).toEqual(['listed: for ever', 'other: 34560000s']);
});
