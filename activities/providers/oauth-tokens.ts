import { z } from 'zod';
import { basicCredentials } from '../../domain/basic-credentials';
import type { OauthClientMaterial } from '../../domain/secret-material';
import { sendHttp, type HttpAnswer } from './http-send';
import type { OauthClientSettings } from './oauth-account';

/** Who asks an endpoint of OAuth, by its secret. */
export type ClientSecret = Pick<OauthClientMaterial, 'clientId' | 'clientSecret' | 'authMethod'>;

/** What a token request came to. `no grant`: the client was not refused for its secret, and is given none all the same. */
export type TokenAnswer =
  | {
      readonly is: 'accepted';
      readonly token?: string | undefined;
      readonly scope?: string | undefined;
      /** Of the token, in seconds. */
      readonly seconds?: number | undefined;
    }
  | { readonly is: 'refused' | 'no grant' }
  | {
      readonly is: 'no answer';
      /** How long the server asks us to wait, in milliseconds. */
      readonly retryAfterMs: number | undefined;
    };

const granted = z.object({
  access_token: z.string().min(1),
  scope: z.string().optional(),
  expires_in: z.number().positive().optional(),
});
const failed = z.object({ error: z.string() });
const introspected = z.object({ active: z.boolean() });

/** What each error says (RFC 6749, 5.2, and RFC 8707); any other proves nothing. `invalid_request` is what `oidc-provider` says of a grant that was taken away. */
const MEANING: Readonly<Record<string, TokenAnswer>> = {
  invalid_client: { is: 'refused' },
  unauthorized_client: { is: 'no grant' },
  unsupported_grant_type: { is: 'no grant' },
  invalid_request: { is: 'no grant' },
  invalid_scope: { is: 'accepted' },
  invalid_target: { is: 'accepted' },
};

/** What a client may do at one server with what it holds. `mark` names our own requests in its log. */
export function oauthTokens(
  settings: Pick<OauthClientSettings, 'tokenUrl' | 'introspection' | 'revocationUrl'>,
  mark: string,
  signal: AbortSignal,
) {
  function send(url: string, client: ClientSecret, form: Readonly<Record<string, string>>) {
    const { clientId, clientSecret, authMethod } = client;
    const inBody = authMethod === 'client_secret_post';
    const body = new URLSearchParams({
      ...form,
      ...(inBody ? { client_id: clientId, client_secret: clientSecret } : {}),
    }).toString();
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      'user-agent': mark,
      ...(inBody ? {} : { authorization: basicCredentials(clientId, clientSecret) }),
    };
    return sendHttp({ method: 'POST', url, headers, body }, signal);
  }

  return {
    /** Asks for a token, as a dependent would. */
    async request(client: ClientSecret, scopes: readonly string[]): Promise<TokenAnswer> {
      const scope = scopes.length > 0 ? { scope: scopes.join(' ') } : {};
      return judge(await send(settings.tokenUrl, client, { grant_type: 'client_credentials', ...scope }));
    },

    /** Whether a token works (RFC 7662), as the API that the settings name would ask; undefined where nobody says. */
    async isActive(token: string): Promise<boolean | undefined> {
      if (!settings.introspection) return undefined;
      const { url, ...as } = settings.introspection;
      const answer = await send(url, as, { token, token_type_hint: 'access_token' });
      return answer?.status === 200 ? introspected.safeParse(answer.body).data?.active : undefined;
    },

    /** Ends a token of our own (RFC 7009), as well as that goes: the answer proves nothing, and nothing hangs on it. */
    async end(answer: TokenAnswer, as: ClientSecret): Promise<void> {
      if (answer.is === 'accepted' && answer.token !== undefined && settings.revocationUrl !== undefined)
        await send(settings.revocationUrl, as, { token: answer.token, token_type_hint: 'access_token' });
    },
  };
}

function judge(answer: HttpAnswer | undefined): TokenAnswer {
  const none: TokenAnswer = { is: 'no answer', retryAfterMs: answer?.retryAfterMs };
  if (!answer) return none;
  const { data } = granted.safeParse(answer.body);
  if (answer.status === 200 && data)
    return { is: 'accepted', token: data.access_token, scope: data.scope, seconds: data.expires_in };
  // A 401 of somebody in between has no error in it, and says nothing of the client.
  const error = failed.safeParse(answer.body).data?.error ?? '';
  return (answer.status === 400 || answer.status === 401 ? MEANING[error] : undefined) ?? none;
}
