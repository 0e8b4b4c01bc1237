import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Bucket } from './buckets';
import type { BucketState } from './freshness';

/** As long as between two questions: the next one is as good. */
const ANSWER_WITHIN_MS = 1_000;

/** Asks what a bucket holds, in one request. @throws when there is no answer within a second */
export async function askBucket(nats: NatsConnection, bucket: Bucket): Promise<BucketState> {
  const manager = await jetstreamManager(nats, { checkAPI: false, timeout: ANSWER_WITHIN_MS });
  const { created, state } = await manager.streams.info(`KV_${bucket}`);
  return { bucket: created, lastRevision: state.last_seq, empty: state.messages === 0 };
}
