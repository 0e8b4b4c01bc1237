import {
  AuthorizationError,
  connect,
  credsAuthenticator,
  PermissionViolationError,
  UserAuthenticationExpiredError,
  type NatsConnection,
} from '@nats-io/transport-node';
import { withDeadline } from '../with-deadline';

const LOGIN_WITHIN_MS = 3_000;

export interface NatsLogin {
  readonly url: string;
  /** What a `.creds` file holds: a JWT and the seed of its key. */
  readonly creds: string;
  /** What the connection is called in the server's list. */
  readonly name: string;
  /** For all that is done, in milliseconds. */
  readonly withinMs?: number;
}

export type LoginAnswer = 'accepted' | 'refused' | 'no answer';

/** Opens one connection for one piece of work, and closes it; nothing is tried again. */
export function withNats<T>(
  { url, creds, name, withinMs = LOGIN_WITHIN_MS }: NatsLogin,
  signal: AbortSignal,
  work: (nats: NatsConnection) => Promise<T>,
): Promise<T> {
  return withDeadline(withinMs, signal, async (within) => {
    const authenticator = credsAuthenticator(new TextEncoder().encode(`${creds}\n`));
    const opening = connect({ servers: url, authenticator, name, reconnect: false, timeout: withinMs });
    const cut = new Promise<never>((_resolve, reject) => {
      const abort = (): void => reject(new DOMException('cut', 'AbortError'));
      within.addEventListener('abort', abort, { once: true });
      if (within.aborted) abort();
    });
    const answer = opening.then(work);
    answer.catch(() => undefined);
    cut.catch(() => undefined);
    try {
      return await Promise.race([answer, cut]);
    } finally {
      opening.then((nats) => nats.close()).catch(() => undefined);
    }
  });
}

/** Logs in, and does `use` with it. Only a refusal of who asks is one: a user that lacks a right has logged in. */
export async function presentUser(
  login: NatsLogin,
  signal: AbortSignal,
  use: (nats: NatsConnection) => Promise<unknown> = (nats) => nats.flush(),
): Promise<LoginAnswer> {
  try {
    await withNats(login, signal, use);
    return 'accepted';
  } catch (error) {
    if (error instanceof PermissionViolationError) return 'accepted';
    return isRefusal(error) ? 'refused' : 'no answer';
  }
}

export function isRefusal(error: unknown): boolean {
  if (error instanceof UserAuthenticationExpiredError) return true;
  // The library has one error for this and for a server that was too slow to decide.
  return error instanceof AuthorizationError && /authorization violation/i.test(error.message);
}
