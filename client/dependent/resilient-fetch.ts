import { fetch, type RequestInit, type Response } from 'undici';
import { IncidentError } from '../../domain/errors';
import type { SecretMaterial } from '../../domain/secret-material';
import { isCut, RefusedError } from './http-trouble';
import type { ResilienceCounters, ResilientClient } from './resilient-client';

/** What `fetch` of undici takes, with a `signal` that also ends the wait for another version. */
export interface ResilientRequest extends Omit<RequestInit, 'headers' | 'body'> {
  readonly headers?: Readonly<Record<string, string>>;
  /** Text, so that the request can be sent again. */
  readonly body?: string;
  /**
   * Whether repeating it has no second effect, as of `CallOptions`; by default of GET, HEAD and OPTIONS only. RFC 9110 calls PUT and DELETE idempotent,
   * but whether a server keeps to that, and whether somebody else wrote in between, only the caller can know.
   */
  readonly safeToRepeat?: boolean;
}

export interface ResilientFetch {
  /**
   * Sends a request; it settles when the answer's head is there, as `fetch` does.
   * @throws what `fetch` throws, and the reason of the caller's signal at once; AmbiguousOutcomeError when the connection was cut, so that it may have
   *   been done, and it must not be repeated; IncidentError CLIENT_PARK_TIMEOUT when nothing was sent, since the secret was not taken.
   */
  (url: string | URL, request?: ResilientRequest): Promise<Response>;
  readonly counters: Readonly<ResilienceCounters>;
}

/** Methods that only read (RFC 9110, 9.2.1), as far as `fetch` sends them. */
const SAFE: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

/** `fetch` by clients whose calls show `headersOf` them, and whose `troubleOf` is `httpTroubleOf`. */
export function resilientFetchBy<K extends SecretMaterial['kind'], C>(
  clients: ResilientClient<K, C>,
  headersOf: (client: C) => Readonly<Record<string, string>>,
): ResilientFetch {
  async function send(url: string | URL, request: ResilientRequest = {}): Promise<Response> {
    const { safeToRepeat = isSafe(request.method), ...init } = request;
    let refused: { readonly response: Response; readonly client: C } | undefined;

    async function attempt(client: C): Promise<Response> {
      // Not sent again with what was refused: without another version in time that refusal is the answer.
      if (refused?.client === client) return refused.response;
      const before = refused;
      refused = undefined;
      await drop(before?.response);
      const response = await fetch(url, { ...init, headers: { ...init.headers, ...headersOf(client) } });
      if (response.status !== 401) return response;
      refused = { response, client };
      throw new RefusedError('401');
    }

    try {
      return await clients.run(attempt, { safeToRepeat, signal: init.signal ?? undefined });
    } catch (error) {
      const timedOut = error instanceof IncidentError && error.code === 'CLIENT_PARK_TIMEOUT' ? error : undefined;
      if (refused && (timedOut || error instanceof RefusedError)) return refused.response;
      await drop(refused?.response);
      throw timedOut && isCut(timedOut.cause) ? timedOut.cause : error;
    }
  }
  return Object.assign(send, { counters: clients.counters });
}

function isSafe(method = 'GET'): boolean {
  return SAFE.includes(method.toUpperCase());
}

/** One that nobody reads would keep its connection; the connection may have ended meanwhile. */
async function drop(response: Response | undefined): Promise<void> {
  await response?.body?.cancel().catch(() => undefined);
}
