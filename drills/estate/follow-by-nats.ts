import { connect } from '@nats-io/transport-node';
import { followCredential } from '../../client/dependent';
import { openBucket } from '../../enforcement/buckets';
import { inboxOf } from '../../stack/nats-roles';
import type { EstateConfigs } from './process-config';

type Follower = Pick<EstateConfigs['accountService'], 'name' | 'natsUrl' | 'natsUser'>;

/** Has a service of the estate follow its credential in NATS KV. Returns how to stop. */
export async function followByNats(
  { name, natsUrl, natsUser }: Follower,
  use: Parameters<typeof followCredential>[0],
): Promise<() => Promise<void>> {
  const login = natsUser && { user: natsUser.user, pass: natsUser.password, inboxPrefix: inboxOf(natsUser.user) };
  const nats = await connect({ servers: natsUrl, maxReconnectAttempts: -1, ...login });
  const stop = await followCredential(use, {
    dependentId: name,
    credentials: await openBucket(nats, 'credentials'),
    acks: await openBucket(nats, 'acks'),
    onError: (error) => process.stderr.write(`${name}: ${error instanceof Error ? error.message : 'unknown error'}\n`),
  });
  return async () => {
    stop();
    await nats.drain();
  };
}
