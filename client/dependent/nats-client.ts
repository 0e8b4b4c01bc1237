import type { NatsConnection } from '@nats-io/transport-node';
import type { NatsUserMaterial } from '../../domain/secret-material';
import type { ManagedCredential } from './managed-credential';
import { ResilientClient, type ResilientOptions, type Trouble } from './resilient-client';

/** Errors of the library by which a server does not let a user in, and of a connection that was over before. */
const REFUSED: readonly string[] = [
  'AuthorizationError',
  'UserAuthenticationExpiredError',
  'ClosedConnectionError',
  'DrainingConnectionError',
];
const CUT: readonly string[] = ['ConnectionError', 'DisconnectError'];

/**
 * A connection to NATS that survives the end of its user. `open` connects with the credentials (`credsAuthenticator`), and subscribes to what the
 * service hears; it must not connect again by itself (`reconnect: false`), since it would do so with the old key.
 */
export function createResilientNats(
  credential: ManagedCredential<'nats-user'>,
  open: (login: NatsUserMaterial) => Promise<NatsConnection>,
  options: ResilientOptions = {},
): ResilientClient<'nats-user', NatsConnection> {
  return new ResilientClient<'nats-user', NatsConnection>(
    credential,
    { open, close: (nats) => nats.close(), troubleOf, isOver: (nats) => nats.isClosed() },
    options,
  );
}

function troubleOf(error: unknown): Trouble | undefined {
  if (!(error instanceof Error)) return undefined;
  if (REFUSED.includes(error.name)) return 'refused';
  return CUT.includes(error.name) ? 'cut' : undefined;
}
