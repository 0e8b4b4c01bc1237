import type { ApiTokenMaterial, HttpMaterial } from '../../domain/secret-material';
import { httpTroubleOf } from './http-trouble';
import type { ManagedCredential } from './managed-credential';
import { ResilientClient, type ResilientOptions } from './resilient-client';
import { resilientFetchBy, type ResilientFetch } from './resilient-fetch';

export interface ResilientFetchOptions extends ResilientOptions {
  /** How the API is shown the secret; by default as a bearer token. */
  readonly headers?: (secret: string) => Readonly<Record<string, string>>;
}

/**
 * `fetch` with the credential's bearer token: an API token of ours, or what a system declared for the provider `http` gave. A 401 means that nothing
 * was done, so the request waits for the next version of the token and is sent once more; without one in time the 401 is the answer. A request whose
 * connection is cut may have been done: it waits likewise, and is sent once more only where that is safe.
 */
export function createResilientFetch(
  credential: ManagedCredential<'api-token'> | ManagedCredential<'http'>,
  { headers = bearer, ...options }: ResilientFetchOptions = {},
): ResilientFetch {
  const secrets = new ResilientClient<'api-token' | 'http', string>(
    // TypeScript does not see that either is both: what is read of it is of one kind or the other.
    credential as ManagedCredential<'api-token' | 'http'>,
    {
      open: secretOf,
      close: () => undefined,
      troubleOf: httpTroubleOf,
      // To be refused costs the server no more than any request; and a 401 may be of what one request asks for.
      keepsOthersWaiting: [],
    },
    options,
  );
  return resilientFetchBy(secrets, headers);
}

function secretOf(material: ApiTokenMaterial | HttpMaterial): string {
  return material.kind === 'http' ? material.secret : material.token;
}

function bearer(token: string) {
  return { authorization: `Bearer ${token}` };
}
