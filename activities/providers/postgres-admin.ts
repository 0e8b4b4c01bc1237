import { Client, type ClientConfig } from 'pg';
import { IncidentError } from '../../domain/errors';

/** PostgreSQL's codes for "you are not who you say" (appendix A of its manual). */
export const AUTHENTICATION_REFUSED = ['28000', '28P01'] as const;

/** Codes by which our own admin credential is refused, or lacks the rights an incident needs. */
const ADMIN_DENIED = [...AUTHENTICATION_REFUSED, '42501'] as const;

/** Long enough for a busy server, short enough that an incident does not wait for a dead one. */
const CONNECT_TIMEOUT_MS = 5_000;
const QUERY_TIMEOUT_MS = 10_000;

/** Opens one connection for one piece of work and closes it. */
export async function withClient<T>(config: ClientConfig, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    ...config,
  });
  // A cut connection also emits `error`; the failing query reports it.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Runs `work` with the admin credential of an account. */
export async function asAdmin<T>(adminUrl: string, account: string, work: (client: Client) => Promise<T>): Promise<T> {
  try {
    return await withClient({ connectionString: adminUrl, application_name: 'tourniquet-response' }, work);
  } catch (error) {
    throw adminFailure(error, account);
  }
}

/** The SQLSTATE or system code of a failure; undefined when it has none. */
export function failureCode(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

function adminFailure(error: unknown, account: string): IncidentError {
  if (error instanceof IncidentError) return error;
  const code = failureCode(error);
  // Driver messages can hold a connection string, so only the code goes on.
  const fields = { provider: 'postgres-role', account, sqlstate: code };
  if (code && (ADMIN_DENIED as readonly string[]).includes(code))
    return new IncidentError('PROVIDER_ADMIN_DENIED', fields);
  const isServerAnswer = code !== undefined && /^[0-9A-Z]{5}$/.test(code) && !/^(?:08|53|57)/.test(code);
  return new IncidentError(isServerAnswer ? 'PROVIDER_REFUSED' : 'PROVIDER_UNAVAILABLE', fields);
}
