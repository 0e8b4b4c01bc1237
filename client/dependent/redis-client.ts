import type { RedisMaterial } from '../../domain/secret-material';
import type { ManagedCredential } from './managed-credential';
import { ResilientClient, type ResilientOptions, type Trouble } from './resilient-client';

/** What is asked of a client of Redis, which `redis` (or `@redis/client`) and `ioredis` both can. */
export interface RedisLike {
  readonly isOpen?: boolean;
  readonly status?: string;
  /** One whose errors nobody hears ends the process. */
  on?(event: 'error', listener: (error: Error) => void): unknown;
  destroy?(): unknown;
  disconnect?(): unknown;
}

/** Redis's words for a user or a password that it does not take, or not any more. */
const REFUSED = /^(?:WRONGPASS|NOAUTH)\b/;
/** Both libraries' words for a connection that is over. `ioredis` has one for commands that were sent and for those that were not. */
const CUT =
  /^(?:The client is (?:closed|offline)|Socket closed unexpectedly|Connection is closed)|ECONNRESET|EPIPE|ETIMEDOUT/;

/**
 * A client of Redis that survives the end of its user. `open` connects one, with the user's own library and settings; it must not connect again by
 * itself (`reconnectStrategy: false`, `retryStrategy: () => null`), since it would do so with the old password.
 */
export function createResilientRedis<C extends RedisLike>(
  credential: ManagedCredential<'redis'>,
  open: (login: RedisMaterial) => Promise<C>,
  options: ResilientOptions = {},
): ResilientClient<'redis', C> {
  return new ResilientClient<'redis', C>(
    credential,
    {
      async open(login) {
        const client = await open(login);
        client.on?.('error', () => undefined);
        return client;
      },
      close: (client) => (client.destroy ? client.destroy() : client.disconnect?.()),
      troubleOf,
      isOver,
    },
    options,
  );
}

function isOver({ isOpen, status }: RedisLike): boolean {
  return isOpen === false || status === 'end';
}

function troubleOf(error: unknown): Trouble | undefined {
  if (!(error instanceof Error)) return undefined;
  if (REFUSED.test(error.message)) return 'refused';
  return CUT.test(error.message) ? 'cut' : undefined;
}
