import { fetch } from 'undici';
import { z } from 'zod';
import { basicCredentials } from '../../domain/basic-credentials';
import type { OauthClientMaterial } from '../../domain/secret-material';
import { httpTroubleOf, RefusedError } from './http-trouble';
import type { ManagedCredential } from './managed-credential';
import { ResilientClient, type ResilientOptions } from './resilient-client';
import { resilientFetchBy, type ResilientFetch } from './resilient-fetch';

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

/**
 * `fetch` with an access token of the client credentials grant (RFC 6749, 4.4), which is asked for again before it ends. It survives the end of the
 * client's secret, and that of the tokens: a 401 means that nothing was done, so the request waits for the next version and is sent once more; without
 * one in time a 401 is the answer. A request whose connection is cut is sent once more only where that is safe.
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
      troubleOf: httpTroubleOf,
      isOver: ({ renewAt }) => Date.now() >= renewAt,
      // A token costs the server a login, so one call in a while asks for it; the end of one connection to the API says nothing of that.
      keepsOthersWaiting: ['refused'],
      endedBy: ['refused'],
    },
    options,
  );
  return resilientFetchBy(tokens, ({ value }) => ({ authorization: `Bearer ${value}` }));
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
