import { jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { storedBetween, storedMessages } from '../../workers/detection/stored-messages';
import { onePartition } from '../support/one-partition';

const COUNT = 250;

const own = onePartition();
let manager: JetStreamManager;

beforeAll(async () => {
  manager = await jetstreamManager(own.nats);
  await manager.streams.add({ name: 'S', subjects: ['s.*'], allow_direct: true });
  for (let n = 0; n < COUNT; n++) await jetstream(own.nats).publish(`s.${n % 2}`, String(n));
});

/** Sequences of subject `s.0`, which has every other one. */
async function sequences(of: JetStreamManager, first: number, end: number): Promise<number[]> {
  const found: number[] = [];
  for await (const { seq } of storedBetween(of, { stream: 'S', subjects: 's.0', first, end })) found.push(seq);
  return found;
}

/** As where a replica answers that has nothing from `sequence` on yet. */
function behind(sequence: number): JetStreamManager {
  const getBatch: JetStreamManager['direct']['getBatch'] = (stream, options) => {
    const { callback, seq = 0 } = options;
    return manager.direct.getBatch(
      stream,
      seq < sequence ? options : { seq: COUNT + 1, batch: 1, ...(callback ? { callback } : {}) },
    );
  };
  return { ...manager, streams: manager.streams, direct: { ...manager.direct, getBatch } };
}

const odd = (first: number, end: number) =>
  Array.from({ length: end - first }, (_, index) => first + index).filter((seq) => seq % 2 === 1);

it('gives what lies between two sequences, in order', async () => {
  expect(await sequences(manager, 4, 241)).toEqual(odd(4, 241));
});

it('gives what a replica that is behind does not have', async () => {
  expect(await sequences(behind(1), 4, 12)).toEqual(odd(4, 12));
  expect(await sequences(behind(200), 1, COUNT + 1)).toEqual(odd(1, COUNT + 1));
});

it('leaves no subscription behind', async () => {
  const { subscriptions } = (own.nats as unknown as { protocol: { subscriptions: { size: () => number } } }).protocol;
  const before = subscriptions.size();

  let count = 0;
  for await (const _message of storedMessages(own.nats, 'S', 's.*')) count += 1;

  expect([count, subscriptions.size()]).toEqual([COUNT, before]);
});
