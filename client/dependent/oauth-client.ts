import { fetch, type Response } from 'undici';
import { z } from 'zod';
import { basicCredentials } from '../../domain/basic-credentials';
import { IncidentError } from '../../domain/errors';
import type { OauthClientMaterial } from '../../domain/secret-material';
import type { ResilientFetch } from './http-client';
import type { ManagedCredential } from './managed-credential';
import { ResilientClient, type ResilientOptions } from './resilient-client';

export interface ResilientOauthOptions extends ResilientOptions {
  readonly scopes?: readonly string[];
}

interface AccessToken {
  readonly value: string;
  /** When another is asked for, milliseconds since the epoch. */
  readonly renewAt: number;
}

const granted = z.object({ access_token: z.string().min(1), expires_in: z.number().positive().optional() });
const failed = z.object({ error: z.string() });

/** Errors of RFC 6749 (5.2) for a client that is not taken any more; `invalid_request` is what `oidc-provider` says of a grant that was taken away. */
const REFUSED: readonly string[] = ['invalid_client', 'unauthorized_client', 'invalid_request'];
/** Of a token whose time the server does not tell. */
const UNTOLD_SECONDS = 60;
/** A token is used for this part of its time: what is on its way must not meet its end. */
const USED_FOR = 0.9;
const WITHIN_MS = 10_000;

/** A token or the client is not taken: nothing was done. */
class RefusedError extends Error {}

/**
 * `fetch` with an access token of the client credentials grant (RFC 6749, 4.4), which is asked for again before it ends. It survives the end of the
 * client's secret, and that of the tokens: a 401 means that nothing was done, so the request waits for the next version and is sent once more; without
 * one in time a 401 is the answer.
 */
export function createResilientOauthFetch(
  credential: ManagedCredential<'oauth-client'>,
  { scopes = [], ...options }: ResilientOauthOptions = {},
): ResilientFetch {
  const tokens = new ResilientClient<'oauth-client', AccessToken>(
    credential,
    {
      open: (client) => requestToken(client, scopes),
      close: () => undefined,
      troubleOf: (error) => (error instanceof RefusedError ? 'refused' : undefined),
      isOver: ({ renewAt }) => Date.now() >= renewAt,
    },
    options,
  );
  return async (url, request = {}) => {
    let refused: Response | undefined;
    try {
      return await tokens.run(
        async ({ value }) => {
          await refused?.body?.cancel();
          const headers = { ...request.headers, authorization: `Bearer ${value}` };
          const response = await fetch(url, { ...request, headers });
          if (response.status !== 401) return response;
          refused = response;
          throw new RefusedError('401');
        },
        { safeToRepeat: true },
      );
    } catch (error) {
      const isRefusal = error instanceof RefusedError || error instanceof IncidentError;
      if (refused && isRefusal) return refused;
      throw error;
    }
  };
}

async function requestToken(
  { tokenUrl, authMethod, clientId, clientSecret }: OauthClientMaterial,
  scopes: readonly string[],
): Promise<AccessToken> {
  const form = new URLSearchParams({ grant_type: 'client_credentials' });
  if (scopes.length > 0) form.set('scope', scopes.join(' '));
  const headers: Record<string, string> = {};
  if (authMethod === 'client_secret_basic') headers['authorization'] = basicCredentials(clientId, clientSecret);
  else {
    form.set('client_id', clientId);
    form.set('client_secret', clientSecret);
  }
  const response = await fetch(tokenUrl, {
    method: 'POST',
    headers,
    body: form,
    signal: AbortSignal.timeout(WITHIN_MS),
  });
  const answer: unknown = await response.json().catch(() => undefined);
  const token = granted.safeParse(answer);
  if (response.ok && token.success) {
    const { access_token: value, expires_in: seconds = UNTOLD_SECONDS } = token.data;
    return { value, renewAt: Date.now() + seconds * 1_000 * USED_FOR };
  }
  const error = failed.safeParse(answer).data?.error ?? `status ${response.status}`;
  if (REFUSED.includes(error)) throw new RefusedError(error);
  throw new Error(`the authorization server gave no token: ${error}`);
}
