import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { sampleUse } from '../../detectors/sample-life';
import { IncidentError } from '../../domain/errors';
import { partitionOf, publicIdSubject } from '../../domain/subject';
import { publishDeadLetter } from '../../workers/detection/dead-letter';
import type { Detection } from '../../workers/detection/start-detection';
import { ensureStreams } from '../../workers/detection/streams';
import { startSampleDetection } from '../support/detection-worker';
import { asAUser } from '../support/as-a-user';
import { eventually } from '../support/eventually';
import { privateNatsServer, type PrivateNatsServer } from '../support/private-nats-server';

const PARTITIONS = 1;

let server: PrivateNatsServer;
let nats: NatsConnection;
let detection: Detection;

beforeAll(async () => {
  server = await privateNatsServer();
  nats = await connect({ servers: server.url });
  await ensureStreams(await jetstreamManager(nats), { partitions: PARTITIONS });
  detection = await startSampleDetection(nats, { inventory: { lookup: () => undefined } });
});

afterAll(async () => {
  await detection.stop();
  await nats.close();
  await server.stop();
});

const deadLetter = (...args: string[]) =>
  asAUser('/dev/null', ['dead-letter', ...args], { TOURNIQUET_NATS_URL: server.url });
const kept = async () =>
  (await deadLetter('list', '--json')).stdout
    .split('\n')
    .filter(Boolean)
    .map(
      (line) => JSON.parse(line) as { sequence: number; code: string; kind: string; subject: string; cutFrom?: number },
    );

it('shows what was kept and why, puts it back where it was, and keeps again what fails again', async () => {
  const subject = publicIdSubject('sample', 'dead-letter');
  const use = sampleUse({ afterMs: 0, subject });
  const usage = `usage.${partitionOf(subject, PARTITIONS)}`;
  await jetstream(nats).publish(usage, JSON.stringify({ events: [{ ...use, surprise: 1 }] }));
  await eventually(
    () => Promise.resolve(detection.counters.deadLetters),
    (count) => count === 1,
  );
  // As the fold keeps a use that a detector threw at, which it has folded.
  await jetstream(nats).publish(usage, JSON.stringify({ events: [use] }));
  await publishDeadLetter(nats, {
    stream: 'detector',
    message: { subject: usage, seq: 2, data: new Uint8Array() },
    error: new IncidentError('DETECTOR_FAILED', { detector: 'made-up' }),
    content: { part: 'made-up', body: JSON.stringify({ events: [use] }) },
  });
  const before = await kept();
  const { stdout: shown } = await deadLetter('show', '1');

  const replayed = await deadLetter('replay', '--all');

  expect(before.map(({ code, kind, subject: from }) => [code, kind, from])).toEqual([
    ['USAGE_EVENT_MALFORMED', 'usage', usage],
    ['DETECTOR_FAILED', 'detector', usage],
  ]);
  expect(shown).toContain('surprise');
  expect(replayed.stdout).toContain('2 replayed');
  // The malformed one is as malformed as it was; the other is folded once more.
  const after = await eventually(kept, (letters) => letters.length === 1);
  expect(after).toMatchObject([{ code: 'USAGE_EVENT_MALFORMED', sequence: 3 }]);
  await eventually(
    () => Promise.resolve(detection.counters.events),
    (count) => count === 2,
  );
});

it('keeps the beginning of what is too large to be kept, and goes on', async () => {
  const before = detection.counters.deadLetters;
  // As large as a message may be: there is no room for the headers of a dead letter.
  await jetstream(nats).publish('usage.0', 'x'.repeat(1024 * 1024 - 100));
  await eventually(
    () => Promise.resolve(detection.counters.deadLetters),
    (count) => count === before + 1,
  );
  const [letter] = (await kept()).filter(({ cutFrom }) => cutFrom !== undefined);
  const number = String(letter?.sequence);
  const [replayed, others] = [await deadLetter('replay', number), await deadLetter('replay', '--all')];

  expect(letter).toMatchObject({ code: 'USAGE_EVENT_MALFORMED', cutFrom: 1024 * 1024 - 100 });
  expect([replayed.code, replayed.stderr]).toEqual([1, expect.stringContaining('DEAD_LETTER_CUT')]);
  expect(others.stderr).toContain('1 were cut');
  expect((await deadLetter('list')).stdout).toContain('(cut: it had 1048476 bytes)');
});

it('replays none that is not there, and not all unasked', async () => {
  const [missing, unasked] = [await deadLetter('replay', '4711'), await deadLetter('replay')];

  expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('DEAD_LETTER_UNKNOWN')]);
  expect([unasked.code, unasked.stderr]).toEqual([1, expect.stringContaining('name some, or say --all')]);
});
