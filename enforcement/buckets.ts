import type { NatsConnection } from '@nats-io/transport-node';
import { jetstream, JetStreamApiError, jetstreamManager } from '@nats-io/jetstream';
import { Kvm, type KV, type KvOptions } from '@nats-io/kv';

/**
 * The KV buckets, each with its only writers: `denylist` (detection, response), `gateways` (gateways), `inventory` (response),
 * `credentials` (response; dependents read), `acks` (dependents), `positions` (detection: how far logs are read), `snapshots`
 * and `idle-subjects` (detection: the state of its folds), `sightings` (detection: who uses what has an open incident; response reads).
 * `intel` (response: the last good content of each threat list; detection reads).
 * stack/nats-roles.ts holds them to it.
 */
export const BUCKETS = [
  'denylist',
  'gateways',
  'inventory',
  'credentials',
  'acks',
  'positions',
  'snapshots',
  'idle-subjects',
  'sightings',
  'intel',
] as const;

export type Bucket = (typeof BUCKETS)[number];

const OPTIONS: Partial<Record<Bucket, Partial<KvOptions>>> = {
  // What nobody used for so long is no sign any more that its use would be seen.
  sightings: { ttl: 30 * 86_400_000 },
  // Its entries say themselves when they run out, which a stream only heeds that was made with a time for the marks it leaves then.
  'idle-subjects': { markerTTL: 60_000, compression: true },
};

/** Opens a bucket, creating it where it is missing: most roles may not create, so it is looked for first. */
export async function openBucket(nats: NatsConnection, bucket: Bucket): Promise<KV> {
  const kvm = new Kvm(jetstream(nats));
  if (await exists(nats, bucket)) return kvm.open(bucket, { allow_direct: true });
  return kvm.create(bucket, { history: 1, ...OPTIONS[bucket] });
}

async function exists(nats: NatsConnection, bucket: Bucket): Promise<boolean> {
  try {
    const manager = await jetstreamManager(nats, { checkAPI: false });
    await manager.streams.info(`KV_${bucket}`);
    return true;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.status === 404) return false;
    throw error;
  }
}
