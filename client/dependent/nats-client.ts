import type { NatsConnection } from '@nats-io/transport-node';
import type { NatsUserMaterial } from '../../domain/secret-material';
import type { ManagedCredential } from './managed-credential';
import { ResilientClient, type ResilientOptions, type Trouble } from './resilient-client';

/** Errors of the library by which a server does not let a user in. */
const REFUSED: readonly string[] = ['AuthorizationError', 'UserAuthenticationExpiredError'];
/** Errors of a call whose connection was over before it or ended under it: which of them, nobody knows of a call that says several things. */
const CLOSED: readonly string[] = ['ClosedConnectionError', 'DrainingConnectionError', 'ConnectionError'];
/** How a request is ended with its connection. */
const REQUEST_CUT = /connection (?:closed|disconnected)/;

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
    {
      open,
      close: (nats) => nats.close(),
      troubleOf,
      isOver: (nats) => nats.isClosed(),
      // Without it a flush under way would never be answered.
      over: (nats) => nats.closed(),
    },
    options,
  );
}

function troubleOf(error: unknown, _isRefused: boolean, nats?: NatsConnection): Trouble | undefined {
  if (!(error instanceof Error)) return undefined;
  if (REFUSED.includes(error.name)) return nats ? 'cut' : 'refused';
  if (CLOSED.includes(error.name)) return 'cut';
  return error.name === 'RequestError' && REQUEST_CUT.test(error.message) ? 'cut' : undefined;
}
