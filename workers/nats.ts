import { connect, type NatsConnection } from '@nats-io/transport-node';
import { readSecretFile, type Config } from './config';

type NatsConfig = Pick<
  Config<'detection'>,
  'TOURNIQUET_NATS_URL' | 'TOURNIQUET_NATS_USER' | 'TOURNIQUET_NATS_PASSWORD_FILE'
>;

/** Connects as the role's own user and stays connected: an incident does not wait for a restart. */
export function connectNats(config: NatsConfig, name: string): Promise<NatsConnection> {
  const user = config.TOURNIQUET_NATS_USER;
  const passwordFile = config.TOURNIQUET_NATS_PASSWORD_FILE;
  return connect({
    servers: config.TOURNIQUET_NATS_URL,
    name: `tourniquet-${name}`,
    maxReconnectAttempts: -1,
    // A server that takes the connection and says nothing is no server; by default it would be waited for twenty seconds.
    timeout: 3_000,
    reconnectTimeWait: 250,
    // A half-open connection says nothing; it is found out and made anew after six seconds, by default after six minutes.
    pingInterval: 2_000,
    maxPingOut: 2,
    // NATS permissions give each role an inbox of its own (stack/nats-roles.ts): nobody listens to another's answers.
    ...(user === undefined ? {} : { user, inboxPrefix: `_INBOX_${user}` }),
    ...(passwordFile === undefined ? {} : { pass: readSecretFile(passwordFile) }),
  });
}
