import type { Trouble } from './resilient-client';

/** A request was answered with 401, or the secret that it needed was not taken: nothing was done. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
}

/** The operating system's and undici's words for a connection that ended under a request. */
const CUT: readonly unknown[] = ['UND_ERR_SOCKET', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT'];

/**
 * Whether an error of `fetch` says that the connection ended before an answer came, so that the request may have been done. A server that can't be
 * reached, or is too slow, is an outage and nothing of the credential's; a caller who gives up sees the reason given, which `fetch` does not wrap.
 */
export function isCut(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { cause } = error;
  // No `instanceof`: errors of the operating system come from outside of a test's realm.
  if (typeof cause !== 'object' || cause === null || !('code' in cause)) return false;
  return CUT.includes(cause.code) && !('syscall' in cause && cause.syscall === 'connect');
}

/** What an error of a call of `fetch` says of the credential. Without a client there was no call yet: a connection that ended then is an outage of whoever opens clients. */
export function httpTroubleOf(error: unknown, _isRefused: boolean, client?: unknown): Trouble | undefined {
  if (error instanceof RefusedError) return 'refused';
  return client !== undefined && isCut(error) ? 'cut' : undefined;
}
