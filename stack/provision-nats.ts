import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { BUCKETS, openBucket } from '../enforcement/buckets';
import { ensureStreams } from '../workers/detection/streams';
import { inboxOf, type NatsUser } from './nats-roles';

/** Makes the streams and buckets as `admin`, since no other role may. Repeating it changes nothing. */
export async function provisionNats(url: string, admin: NatsUser, partitions: number): Promise<void> {
  const nats = await connectAs(url, admin);
  try {
    await ensureStreams(await jetstreamManager(nats), { partitions });
    for (const bucket of BUCKETS) await openBucket(nats, bucket);
  } finally {
    await nats.close();
  }
}

/** Connects as one of the users that the server was started with. */
export function connectAs(servers: string, { user, password }: NatsUser): Promise<NatsConnection> {
  return connect({ servers, user, pass: password, inboxPrefix: inboxOf(user) });
}
