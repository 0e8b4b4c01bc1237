import { fetch, type RequestInit, type Response } from 'undici';
import { DEFAULT_PARK_MS, type ManagedCredential } from './managed-credential';

export interface ResilientRequest extends Omit<RequestInit, 'headers' | 'body'> {
  readonly headers?: Readonly<Record<string, string>>;
  /** Text, so that the request can be sent again. */
  readonly body?: string;
}

export type ResilientFetch = (url: string | URL, request?: ResilientRequest) => Promise<Response>;

/**
 * `fetch` with the credential's bearer token. A 401 means that nothing was done, so the request waits for the next version of
 * the token and is sent once more; without one in time the 401 is the answer.
 */
export function createResilientFetch(
  credential: ManagedCredential<'api-token'>,
  options: { readonly parkMs?: number } = {},
): ResilientFetch {
  return async (url, request = {}) => {
    const used = credential.held;
    const response = await send(url, request, used.material.token);
    if (response.status !== 401) return response;
    const next = await credential.waitForNewer(used.version, options.parkMs ?? DEFAULT_PARK_MS).catch(() => undefined);
    if (!next) return response;
    await response.body?.cancel();
    return send(url, request, next.material.token);
  };
}

function send(url: string | URL, request: ResilientRequest, token: string): Promise<Response> {
  return fetch(url, { ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } });
}
