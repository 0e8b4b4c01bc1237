import { createClient, ErrorReply, MultiErrorReply, type RedisClientOptions } from '@redis/client';
import { IncidentError } from '../../domain/errors';
import { withDeadline } from '../with-deadline';

/** What Redis begins its refusal of a user or a password with. */
const AUTHENTICATION_REFUSED = 'WRONGPASS';

/** Words by which our own admin credential is refused, or lacks the rights an incident needs. */
const ADMIN_DENIED: readonly string[] = [AUTHENTICATION_REFUSED, 'NOAUTH', 'NOPERM'];

/** Answers that another attempt may not get: of a server that starts, runs a script, fails over, or has lost its disk. */
const PASSING: readonly string[] = ['LOADING', 'BUSY', 'MASTERDOWN', 'CLUSTERDOWN', 'TRYAGAIN', 'READONLY', 'MISCONF'];

/** A full server says so with the word it also has for mistakes. */
const FULL = /^ERR max number of clients/;

export type RedisConnection = ReturnType<typeof connectionTo>;

export interface RedisCall {
  readonly signal: AbortSignal;
  /** For the whole of it, in milliseconds. */
  readonly withinMs: number;
}

/**
 * Opens one connection for one piece of work and closes it; it is cut when the time is over or `signal` is aborted. It never
 * connects again by itself: whoever asks must know that the answer was lost. Redis takes AUTH in HELLO, so a login needs no right.
 */
export async function withRedis<T>(
  options: RedisClientOptions,
  { signal, withinMs }: RedisCall,
  work: (redis: RedisConnection) => Promise<T>,
): Promise<T> {
  return withDeadline(withinMs, signal, async (within) => {
    const redis = connectionTo(options);
    const broken = new Promise<never>((_resolve, reject) => {
      const abort = (): void => reject(new DOMException('cut', 'AbortError'));
      within.addEventListener('abort', abort, { once: true });
      if (within.aborted) abort();
      // A protocol error is told here and nowhere else.
      redis.on('error', reject);
    });
    const answer = redis.connect().then(() => work(redis));
    answer.catch(() => undefined);
    broken.catch(() => undefined);
    try {
      return await Promise.race([answer, broken]);
    } finally {
      if (redis.isOpen) redis.destroy();
    }
  });
}

/** Never connected: `createClient` would make a class of 400 commands for each other user, and keep the last one's password as its name. */
const pattern = createClient({ RESP: 3, disableClientInfo: true, maintNotifications: 'disabled' });

function connectionTo(options: RedisClientOptions) {
  return pattern.duplicate({ ...options, socket: { ...options.socket, reconnectStrategy: false } });
}

/** Whether Redis itself refused the user or the password. Nothing else is a refusal of a credential. */
export function isRefusal(error: unknown): boolean {
  return replyWord(error) === AUTHENTICATION_REFUSED;
}

/** Whether Redis answered that the user may not do this, which it says only of one that has logged in. */
export function isLackOfRights(error: unknown): boolean {
  return replyWord(error) === 'NOPERM';
}

/** What a failure of a Redis that we administer means. Its messages can quote arguments: only the first word goes on. */
export function redisFailure(error: unknown, about: Readonly<Record<string, string>>): IncidentError {
  if (error instanceof IncidentError) return error;
  const word = replyWord(error);
  const fields = { ...about, reply: word };
  if (word === undefined) return new IncidentError('PROVIDER_UNAVAILABLE', fields);
  if (ADMIN_DENIED.includes(word)) return new IncidentError('PROVIDER_ADMIN_DENIED', fields);
  const passes = PASSING.includes(word) || FULL.test(replyOf(error)?.message ?? '');
  return new IncidentError(passes ? 'PROVIDER_UNAVAILABLE' : 'PROVIDER_REFUSED', fields);
}

/** The word in capitals that an error of Redis begins with; undefined when it is no answer of Redis. */
function replyWord(error: unknown): string | undefined {
  const reply = replyOf(error);
  return reply && (/^[A-Z]+(?= |$)/.exec(reply.message)?.[0] ?? 'ERR');
}

/** Of a transaction, the first command that failed. */
function replyOf(error: unknown): ErrorReply | undefined {
  if (error instanceof MultiErrorReply) return [...error.errors()][0];
  return error instanceof ErrorReply ? error : undefined;
}
