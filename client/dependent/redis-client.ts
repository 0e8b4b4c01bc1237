import type { RedisMaterial } from '../../domain/secret-material';
import type { ManagedCredential } from './managed-credential';
import { ResilientClient, type ResilientOptions, type Trouble } from './resilient-client';

/** What is asked of a client of Redis, which `redis` (or `@redis/client`) and `ioredis` both can. */
export interface RedisLike {
  readonly isOpen?: boolean;
  readonly status?: string;
  destroy?(): unknown;
  disconnect?(): unknown;
}

/** Redis's words for a user or a password that it does not take, or not any more. */
const REFUSED = /^(?:WRONGPASS|NOAUTH)\b/;
/** Both libraries' words for a connection that was over before the command. */
const CLOSED = /^(?:The client is closed|Connection is closed\.|The client is offline)/;
/** And for one that ended under it. */
const CUT = /^Socket closed unexpectedly|ECONNRESET|EPIPE|Connection is closed/;

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
    { open, close: (client) => client.destroy?.() ?? client.disconnect?.(), troubleOf, isOver },
    options,
  );
}

function isOver({ isOpen, status }: RedisLike): boolean {
  return isOpen === false || status === 'end';
}

function troubleOf(error: unknown): Trouble | undefined {
  if (!(error instanceof Error)) return undefined;
  if (REFUSED.test(error.message) || CLOSED.test(error.message)) return 'refused';
  return CUT.test(error.message) ? 'cut' : undefined;
}
