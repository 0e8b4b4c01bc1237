import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { BUCKETS, openBucket } from '../enforcement/buckets';
import { ensureStreams } from '../workers/detection/streams';
import { inboxOf, type NatsUser } from './nats-roles';

/** Makes the streams and buckets as `admin`, since no other role may. Repeating it changes nothing. */
export async function provisionNats(url: string, admin: NatsUser, partitions: number): Promise<void> {
  const nats = await connect({
    servers: url,
    user: admin.user,
    pass: admin.password,
    inboxPrefix: inboxOf(admin.user),
  });
  try {
    await ensureStreams(await jetstreamManager(nats), { partitions });
    for (const bucket of BUCKETS) await openBucket(nats, bucket);
  } finally {
    await nats.close();
  }
}
