import { setTimeout as delay } from 'node:timers/promises';
import { AckPolicy, DeliverPolicy, jetstream, jetstreamManager, type JsMsg } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { connect } from '@nats-io/transport-node';
import { SNAPSHOT_BUCKET } from '../../workers/detection/snapshot-store';
import { consumerName, USAGE_STREAM } from '../../workers/detection/streams';

/** As the detection worker reads (workers/detection/partition-worker.ts). */
const PULLED = 256;
const ACKED_EVERY = 1_000;
const LOOK_EVERY_MS = 5;

/** Reads what lies in the partition from its beginning, as the product does, and does no more with it than `work`. Milliseconds. */
export async function readAll(url: string, messages: number, work: (message: JsMsg) => void): Promise<number> {
  const nats = await connect({ servers: url });
  const name = `floor-${Date.now()}`;
  const manager = await jetstreamManager(nats);
  await manager.consumers.add(USAGE_STREAM, {
    durable_name: name,
    filter_subject: 'usage.0',
    ack_policy: AckPolicy.All,
    deliver_policy: DeliverPolicy.All,
    max_ack_pending: 10_000,
  });
  try {
    const consumer = await jetstream(nats).consumers.get(USAGE_STREAM, name);
    const begin = performance.now();
    let read = 0;
    for await (const message of await consumer.consume({ max_messages: PULLED })) {
      work(message);
      read += 1;
      if (read % ACKED_EVERY === 0 || read === messages) message.ack();
      if (read === messages) break;
    }
    return performance.now() - begin;
  } finally {
    await manager.consumers.delete(USAGE_STREAM, name);
    await nats.close();
  }
}

/** Resolves when the partition's worker has acknowledged so many messages: they are in a snapshot, and their detections are stored. */
export async function untilAcknowledged(url: string, messages: number): Promise<void> {
  const nats = await connect({ servers: url });
  const manager = await jetstreamManager(nats);
  try {
    for (;;) {
      const acked = await manager.consumers.info(USAGE_STREAM, consumerName(0)).then(
        ({ ack_floor }) => ack_floor.stream_seq,
        () => 0,
      );
      if (acked >= messages) return;
      await delay(LOOK_EVERY_MS);
    }
  } finally {
    await nats.close();
  }
}

/** The next worker begins with the stream's first message. */
export async function forgetAll(url: string): Promise<void> {
  const nats = await connect({ servers: url });
  const manager = await jetstreamManager(nats);
  for await (const { name } of manager.consumers.list(USAGE_STREAM)) await manager.consumers.delete(USAGE_STREAM, name);
  await (await new Kvm(nats).create(SNAPSHOT_BUCKET)).destroy();
  await nats.close();
}

export async function emptyStream(url: string): Promise<void> {
  const nats = await connect({ servers: url });
  await (await jetstreamManager(nats)).streams.purge(USAGE_STREAM);
  await nats.close();
}
