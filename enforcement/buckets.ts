import type { NatsConnection } from '@nats-io/transport-node';
import { jetstream } from '@nats-io/jetstream';
import { Kvm, type KV } from '@nats-io/kv';

/**
 * The KV buckets, each with its only writers: `denylist` (detection, response), `gateways` (gateways), `inventory` (response),
 * `credentials` (response; dependents read), `acks` (dependents).
 */
export const BUCKETS = ['denylist', 'gateways', 'inventory', 'credentials', 'acks', 'positions'] as const;

export type Bucket = (typeof BUCKETS)[number];

/** Opens a bucket, creating it the first time; two creating at once end with the same one. */
export async function openBucket(nats: NatsConnection, bucket: Bucket): Promise<KV> {
  return new Kvm(jetstream(nats)).create(bucket, { history: 1 });
}
