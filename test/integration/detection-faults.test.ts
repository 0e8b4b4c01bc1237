import { setTimeout as delay } from 'node:timers/promises';
import { jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { sampleUse } from '../../detectors/sample-life';
import { publicIdSubject } from '../../domain/subject';
import type { StreamEvent } from '../../domain/usage-event';
import { SnapshotStore } from '../../workers/detection/snapshot-store';
import type { Detection, DetectionOptions } from '../../workers/detection/start-detection';
import { ensureStreams, USAGE_STREAM } from '../../workers/detection/streams';
import { openBucket } from '../../enforcement/buckets';
import { AddressSet } from '../../intel/address-set';
import { ListShelf } from '../../intel/list-shelf';
import { startSampleDetection } from '../support/detection-worker';
import { eventually } from '../support/eventually';
import { privateNatsServer, type PrivateNatsServer } from '../support/private-nats-server';
import { giveToOneWhoDies, many, theft } from '../support/thefts';
import { publishUsage } from '../support/publish-usage';

let server: PrivateNatsServer;
let nats: NatsConnection;
let manager: JetStreamManager;
let held: string[];
const running: Detection[] = [];

beforeEach(async () => {
  server = await privateNatsServer();
  nats = await connect({ servers: server.url });
  manager = await jetstreamManager(nats);
  await ensureStreams(manager, { partitions: 1 });
  held = [];
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((detection) => detection.stop()));
  await nats.close();
  await server.stop();
});

async function start(more: Partial<DetectionOptions> = {}): Promise<Detection> {
  const detection = await startSampleDetection(nats, {
    hold: ({ detection: { subject } }) => {
      held.push(subject);
      return Promise.resolve({ denylistRevision: held.length, at: Date.now() });
    },
    ...more,
  });
  running.push(detection);
  return detection;
}

const steal = (...names: readonly string[]) => publishUsage(nats, 1, names.map(theft));
const untilHeld = (count: number, ms?: number) =>
  eventually(
    () => Promise.resolve(held),
    ({ length }) => length >= count,
    ms,
  );

/** Each detection is under way for so long before the stream has it. */
function storesTake(ms: number): void {
  const request = nats.request.bind(nats);
  nats.request = async (subject, ...rest) => {
    if (subject.startsWith('detections.')) await delay(ms);
    return request(subject, ...rest);
  };
}

const stored = async () => (await manager.streams.info('DETECTIONS')).state.messages;

it.each([
  ['an event that lies too deep to be written', `{"events":[${'['.repeat(5_000)}${']'.repeat(5_000)}]}`],
  [
    'an id with a line in it',
    JSON.stringify({
      events: [
        {
          kind: 'intel',
          id: 'a\r\nb',
          at: 1,
          lists: [{ name: 'x', content: 'a'.repeat(64), says: 'hostile', trust: 'low', until: 2 }],
        },
      ],
    }),
  ],
])('%s goes to the dead letters, and stops nothing', async (_what, message) => {
  const detection = await start();

  await jetstream(nats).publish('usage.0', message);
  await steal('after');

  expect(await untilHeld(1)).toHaveLength(1);
  expect(detection.counters.deadLetters).toBe(1);
});

it('while the stream of detections is full, every theft is refused, and told once when there is room', async () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  await manager.streams.update('DETECTIONS', { max_bytes: 1 });
  const detection = await start();

  await steal(...names);

  expect(await untilHeld(names.length)).toEqual(names.map((name) => publicIdSubject('sample', name)));
  expect([await stored(), detection.counters.snapshots]).toEqual([0, 0]);
  await manager.streams.update('DETECTIONS', { max_bytes: 1024 * 1024 });
  expect(await eventually(stored, (count) => count >= names.length)).toBe(names.length);
  await eventually(
    () => Promise.resolve(detection.counters.snapshots),
    (count) => count > 0,
  );
});

it('a hold that fails is written once more, beside the detection', async () => {
  let tries = 0;
  const detection = await start({
    hold: () => {
      tries += 1;
      return tries === 1 ? Promise.reject(new Error('away')) : Promise.resolve({ denylistRevision: 7, at: 1 });
    },
  });

  await steal('a');
  await eventually(stored, (count) => count > 0);
  const message = await manager.streams.getMessage('DETECTIONS', { last_by_subj: 'detections.0' });

  expect(message?.json()).toMatchObject({ hold: { denylistRevision: 7 } });
  expect(detection.counters).toMatchObject({ holds: 1, holdFailures: 0 });
});

it('a hold that is tried again keeps no other theft waiting', async () => {
  const asked: string[] = [];
  await start({
    hold: ({ detection: { subject } }) => {
      asked.push(subject);
      return asked.length === 1 ? Promise.reject(new Error('away')) : Promise.resolve(undefined);
    },
  });

  await steal('a', 'b');

  const [a, b] = ['a', 'b'].map((name) => publicIdSubject('sample', name));
  expect(
    await eventually(
      () => asked,
      ({ length }) => length >= 3,
    ),
  ).toEqual([a, b, a]);
});

it.each([
  ['', {}],
  [', nor where more credentials are used than are kept in memory', { subjectsInMemory: 5 }],
])('a slow stream of detections keeps no theft waiting%s', async (_where, more) => {
  storesTake(100);
  const detection = await start(more);
  await steal('first');
  await untilHeld(1);
  const begin = performance.now();

  await steal(...many(30));

  expect(await untilHeld(31)).toHaveLength(31);
  // One after the other is stored in three seconds.
  expect(performance.now() - begin).toBeLessThan(1_500);
  expect(detection.counters.detections).toBeLessThan(31);
});

it('while detections never cease to wait, snapshots are written all the same', async () => {
  storesTake(10);
  const detection = await start();
  const snapshots: number[] = [];

  const stealing = steal(...many(600));
  await eventually(
    () => detection.counters.messages - detection.counters.detections,
    (waiting) => waiting > 20,
  );
  const before = detection.counters.snapshots;
  for (const end = Date.now() + 6_000; Date.now() < end;) {
    const { detections, messages } = detection.counters;
    if (detections < messages) snapshots.push(detection.counters.snapshots - before);
    await delay(10);
  }
  await stealing;

  // It was looked a hundred times a second, but for when others had the processor.
  expect(snapshots.length).toBeGreaterThan(100);
  expect(snapshots.at(-1)).toBeGreaterThanOrEqual(2);
});

it('a stop amid what another was given is no longer than a message, and nothing is folded again', async () => {
  const names = many(100);
  await steal(...names);
  await giveToOneWhoDies(server, names.length);
  const hold = ({ detection: { subject } }: { detection: { subject: string } }) => {
    held.push(subject);
    return delay(50, undefined);
  };
  const first = await start({ hold });
  await untilHeld(5);

  const begin = performance.now();
  await first.stop();

  expect(performance.now() - begin).toBeLessThan(2_000);
  const { messages } = first.counters;
  expect(messages).toBeLessThan(100);
  const next = await start();
  await untilHeld(100);
  expect(next.counters.messages).toBe(100 - messages);
  expect(await eventually(stored, (count) => count >= 100)).toBe(100);
});

it('a stop ends at any moment after the start', async () => {
  for (let ms = 0; ms < 40; ms += 2) {
    const detection = await start();
    await delay(ms);
    const begin = performance.now();
    await Promise.race([detection.stop(), delay(2_000)]);
    expect(performance.now() - begin).toBeLessThan(1_500);
  }
});

it('a worker that stops leaves nothing to the next one that it has begun', async () => {
  const first = await start();
  await steal('a');
  await untilHeld(1);
  await first.stop();
  expect(await stored()).toBe(1);

  const next = await start();
  await steal('b');
  await untilHeld(2);

  expect(next.counters).toMatchObject({ messages: 1, repeated: 0 });
});

it('what a worker was given that died is refused in seconds, also where nothing else comes', async () => {
  await steal('given');
  await giveToOneWhoDies(server, 1);

  await start();

  // The consumer would give it out again after 30 s.
  expect(await untilHeld(1, 15_000)).toHaveLength(1);
});

it('of what a worker was given that died all is refused, whichever of it is given again first', async () => {
  await steal(...many(5));
  await giveToOneWhoDies(server, 5, { again: [2] });
  await steal('new');

  await start();

  expect(await untilHeld(6, 15_000)).toEqual([...many(5), 'new'].map((name) => publicIdSubject('sample', name)));
  expect(await eventually(stored, (count) => count >= 6)).toBe(6);
});

it('a stream that was made anew is read from its beginning, and what was known is known', async () => {
  const first = await start();
  const [listed, use] = theft('known');
  await publishUsage(nats, 1, [[listed as StreamEvent], theft('a'), theft('b')]);
  await eventually(stored, (count) => count === 2);
  await running.pop()?.stop();
  expect(first.counters.snapshots).toBeGreaterThan(0);
  await manager.streams.delete(USAGE_STREAM);

  await start();
  await publishUsage(nats, 1, [[use as StreamEvent], theft('c')]);

  expect(await eventually(stored, (count) => count >= 4)).toBe(4);
});

it('who was put away under another stream is put away again, and known', async () => {
  const others = (mark: string) =>
    Array.from({ length: 30 }, (_, n): StreamEvent[] => [
      {
        ...sampleUse({ afterMs: 0, subject: publicIdSubject('sample', `${mark}-${n}`) }),
        at: Date.now(),
        id: `${mark}-${n}`,
      },
    ]);
  const [listed, use] = theft('put-away') as [StreamEvent, StreamEvent];
  const quiet = { ...use, at: Date.now() - 60_000, id: 'quiet' };
  const first = await start({ subjectsInMemory: 10 });
  await publishUsage(nats, 1, [...others('old'), [quiet], ...others('older')]);
  await eventually(
    () => Promise.resolve(first.counters.events),
    (count) => count === 61,
  );
  await running.pop()?.stop();
  await manager.streams.delete(USAGE_STREAM);

  await start({ subjectsInMemory: 10 });
  await publishUsage(nats, 1, [[listed], ...others('new'), [use]]);

  expect(await untilHeld(1)).toEqual(['id:sample:put-away']);
});

it('ids of several bytes a character fit into a snapshot', async () => {
  const detection = await start({ inventory: { lookup: () => undefined } });
  const subjects = Array.from({ length: 178 }, (_, n) => publicIdSubject('sample', `cjk-${n}`));
  const events = subjects.map((subject, n): StreamEvent[] => [
    { kind: 'control', id: `listed-${n}`, at: Date.now(), subject, listed: 'honeytoken' },
    ...Array.from({ length: 8 }, (_unused, use) => ({
      ...sampleUse({ afterMs: 0, subject, action: use % 2 === 0 ? ('read' as const) : ('write' as const) }),
      at: Date.now(),
      id: `${n}-${use}-${'漢'.repeat(180)}`,
    })),
  ]);

  // A small snapshot lies in one message, and what follows it is written as a whole.
  await publishUsage(nats, 1, events.slice(0, 1));
  await eventually(
    () => Promise.resolve(detection.counters.snapshots),
    (count) => count > 0,
  );
  await publishUsage(nats, 1, events.slice(1));
  const end = (await manager.streams.info(USAGE_STREAM)).state.last_seq;
  await eventually(
    () => Promise.resolve(detection.counters.messages),
    (count) => count >= end,
    30_000,
  );
  await running.pop()?.stop();

  const { state } = await new SnapshotStore(await new Kvm(nats).open('snapshots'), 0).load();
  expect([state?.subjects.size, detection.counters.messages]).toEqual([178, end]);
});

it('a threat list that was taken out is there for whoever is behind, for a day', async () => {
  const shelf = new ListShelf(await openBucket(nats, 'intel'));
  const [hour, now] = [3_600_000, Date.now()];
  const kept = await shelf.keepContent('bad', AddressSet.of([]));
  await shelf.keep('bad', { ...kept, networks: 0, leftOut: {}, origin: 'x', confirmedAt: now - 30 * hour });
  const isThere = async () => (await shelf.find('bad')) !== undefined;

  const after = [];
  // Named again in between, it counts anew.
  for (const [hours, named] of [
    [0, []],
    [10, ['bad']],
    [30, []],
    [54, []],
    [56, []],
  ] as const) {
    await shelf.keepOnly(named, now + hours * hour);
    after.push(await isThere());
  }

  expect(after).toEqual([true, true, true, true, false]);
});
