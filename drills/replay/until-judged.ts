import { setTimeout as sleep } from 'node:timers/promises';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { DETECTIONS_STREAM, USAGE_STREAM } from '../../workers/detection/streams';

const POLL_MS = 100;

/** Resolves when the detectors have folded all that is in the stream, and Temporal has taken all that they found. */
export async function untilJudged(nats: NatsConnection, signal: AbortSignal): Promise<void> {
  const manager = await jetstreamManager(nats);
  for (const stream of [USAGE_STREAM, DETECTIONS_STREAM]) {
    while (!(await isDrained(manager, stream))) await sleep(POLL_MS, undefined, { signal });
  }
}

/** A consumer acknowledges what it is done with: detection after its snapshot, the dispatcher after Temporal has answered. */
async function isDrained(manager: JetStreamManager, stream: string): Promise<boolean> {
  const { state } = await manager.streams.info(stream);
  if (state.messages === 0) return true;
  for await (const consumer of manager.consumers.list(stream))
    if (consumer.num_pending > 0 || consumer.num_ack_pending > 0) return false;
  return true;
}
