import { fetch, type RequestInit, type Response } from 'undici';
import type { ApiTokenMaterial, HttpMaterial } from '../../domain/secret-material';
import { DEFAULT_PARK_MS, type ManagedCredential } from './managed-credential';
import type { ResilientOptions } from './resilient-client';

export interface ResilientRequest extends Omit<RequestInit, 'headers' | 'body'> {
  readonly headers?: Readonly<Record<string, string>>;
  /** Text, so that the request can be sent again. */
  readonly body?: string;
}

export interface ResilientFetchOptions extends ResilientOptions {
  /** How the API is shown the secret; by default as a bearer token. */
  readonly headers?: (secret: string) => Readonly<Record<string, string>>;
}

export type ResilientFetch = (url: string | URL, request?: ResilientRequest) => Promise<Response>;

/**
 * `fetch` with the credential's bearer token: an API token of ours, or what a system declared for the provider `http` gave. A 401 means that nothing
 * was done, so the request waits for the next version of the token and is sent once more; without one in time the 401 is the answer.
 */
export function createResilientFetch(
  credential: ManagedCredential<'api-token'> | ManagedCredential<'http'>,
  options: ResilientFetchOptions = {},
): ResilientFetch {
  const { headers = bearer } = options;
  return async (url, request = {}) => {
    const used = credential.held;
    const response = await send(url, request, headers(tokenOf(used.material)));
    if (response.status !== 401) return response;
    const next = await credential.waitForNewer(used.version, options.parkMs ?? DEFAULT_PARK_MS).catch(() => undefined);
    if (!next) return response;
    await response.body?.cancel();
    return send(url, request, headers(tokenOf(next.material)));
  };
}

function tokenOf(material: ApiTokenMaterial | HttpMaterial): string {
  return material.kind === 'http' ? material.secret : material.token;
}

function bearer(token: string) {
  return { authorization: `Bearer ${token}` };
}

function send(
  url: string | URL,
  request: ResilientRequest,
  secret: Readonly<Record<string, string>>,
): Promise<Response> {
  return fetch(url, { ...request, headers: { ...request.headers, ...secret } });
}
