import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type ClientConfig } from 'pg';
import { IncidentError } from '../../domain/errors';

/** PostgreSQL's codes for "you are not who you say" (appendix A of its manual). */
export const AUTHENTICATION_REFUSED = ['28000', '28P01'] as const;

/** Codes by which our own admin credential is refused, or lacks the rights an incident needs. */
const ADMIN_DENIED = [...AUTHENTICATION_REFUSED, '42501'] as const;

/** An SQLSTATE; system codes such as EPIPE look alike. */
const SQLSTATE = /^(?=.{5}$)(?:\d|F0|HV|P0|XX)[0-9A-Z]*$/;

/**
 * Answers that another attempt may not get: of a server that starts, stops or is full (08, 53, 57), and of one where somebody
 * changed the same role at the same moment (40, 55P03, "tuple concurrently updated" XX000, and the loser of two creations).
 */
const PASSING = /^(?:08|40|53|57)|^(?:55P03|XX000|42710|23505)$/;

/** Long enough for a busy server, short enough that an incident does not wait for a dead one. */
const CONNECT_TIMEOUT_MS = 5_000;
const QUERY_TIMEOUT_MS = 10_000;
/** An orderly end takes a round trip; on a half-open connection it would take for ever. */
const END_WITHIN_MS = 500;

/** Opens one connection for one piece of work and closes it. When `signal` is aborted the connection is cut. */
export async function withClient<T>(
  config: ClientConfig,
  work: (client: Client) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  signal.throwIfAborted();
  const socket = new Socket();
  const client = new Client({
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    ...config,
    stream: () => socket,
  });
  // A cut connection also emits `error`; the failing query reports it.
  client.on('error', () => undefined);
  const cut = (): void => void socket.destroy();
  signal.addEventListener('abort', cut, { once: true });
  try {
    await client.connect();
    return await work(client);
  } finally {
    signal.removeEventListener('abort', cut);
    await Promise.race([client.end().catch(() => undefined), sleep(END_WITHIN_MS, undefined, { ref: false })]);
    socket.destroy();
  }
}

export interface AdminAccount {
  readonly adminUrl: string;
  readonly account: string;
  readonly signal: AbortSignal;
}

/** Runs `work` with the admin credential of an account. */
export async function asAdmin<T>(
  { adminUrl, account, signal }: AdminAccount,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  try {
    const config = { connectionString: adminUrl, application_name: 'tourniquet-response' };
    return await withClient(config, work, signal);
  } catch (error) {
    throw serverFailure(error, { provider: 'postgres-role', account });
  }
}

/** The SQLSTATE or system code of a failure; undefined when it has none. */
export function failureCode(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** What a failure of a PostgreSQL that we administer means. Driver messages can hold a connection string: only the code goes on. */
export function serverFailure(error: unknown, about: Readonly<Record<string, string>>): IncidentError {
  if (error instanceof IncidentError) return error;
  const code = failureCode(error);
  const fields = { ...about, sqlstate: code };
  if (code && (ADMIN_DENIED as readonly string[]).includes(code))
    return new IncidentError('PROVIDER_ADMIN_DENIED', fields);
  const isFinal = code !== undefined && SQLSTATE.test(code) && !PASSING.test(code);
  return new IncidentError(isFinal ? 'PROVIDER_REFUSED' : 'PROVIDER_UNAVAILABLE', fields);
}
