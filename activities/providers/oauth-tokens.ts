import { z } from 'zod';
import type { OauthClientMaterial } from '../../domain/secret-material';
import { sendHttp, type HttpAnswer } from './http-send';
import type { OauthClientSettings } from './oauth-account';

/** What a token request came to. `no grant`: the client was not refused for its secret, and is given none all the same. */
export type TokenAnswer =
  | { readonly is: 'accepted'; readonly token?: string | undefined; readonly scope?: string | undefined }
  | { readonly is: 'refused' | 'no grant' | 'no answer' };

const granted = z.object({ access_token: z.string().min(1), scope: z.string().optional() });
const failed = z.object({ error: z.string() });
const introspected = z.object({ active: z.boolean() });

/** Errors of RFC 6749 (5.2) and RFC 8707 that a client gets which was authenticated. */
const AUTHENTICATED: readonly string[] = ['invalid_scope', 'invalid_target'];

/** What a client may do at one server with what it holds. `mark` names our own requests in its log. */
export function oauthTokens(settings: OauthClientSettings, mark: string, signal: AbortSignal) {
  function send(url: string, client: OauthClientMaterial, form: Readonly<Record<string, string>>) {
    const { clientId, clientSecret, authMethod } = client;
    const inBody = authMethod === 'client_secret_post';
    const body = new URLSearchParams({
      ...form,
      ...(inBody ? { client_id: clientId, client_secret: clientSecret } : {}),
    }).toString();
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      'user-agent': mark,
      ...(inBody ? {} : { authorization: `Basic ${basic(clientId, clientSecret)}` }),
    };
    return sendHttp({ method: 'POST', url, headers, body }, signal);
  }

  return {
    /** Asks for a token, as a dependent would. */
    async request(client: OauthClientMaterial, scopes: readonly string[]): Promise<TokenAnswer> {
      const scope = scopes.length > 0 ? { scope: scopes.join(' ') } : {};
      return judge(await send(settings.tokenUrl, client, { grant_type: 'client_credentials', ...scope }));
    },

    /** Whether a token works (RFC 7662), asked as a client that does. */
    async isActive(token: string, as: OauthClientMaterial): Promise<boolean | undefined> {
      if (settings.introspectionUrl === undefined) return undefined;
      const answer = await send(settings.introspectionUrl, as, { token, token_type_hint: 'access_token' });
      return answer?.status === 200 ? introspected.safeParse(answer.body).data?.active : undefined;
    },

    /** Ends a token of our own (RFC 7009), as well as that goes: the answer proves nothing, and nothing hangs on it. */
    async end(token: string | undefined, as: OauthClientMaterial): Promise<void> {
      if (token !== undefined && settings.revocationUrl !== undefined)
        await send(settings.revocationUrl, as, { token, token_type_hint: 'access_token' });
    },
  };
}

export type OauthTokens = ReturnType<typeof oauthTokens>;

function judge(answer: HttpAnswer | undefined): TokenAnswer {
  if (!answer) return { is: 'no answer' };
  const { status, body } = answer;
  const { data } = granted.safeParse(body);
  if (status === 200 && data) return { is: 'accepted', token: data.access_token, scope: data.scope };
  const error = failed.safeParse(body).data?.error ?? '';
  if (status === 401 || (status === 400 && error === 'invalid_client')) return { is: 'refused' };
  if (status !== 400 || error === '') return { is: 'no answer' };
  // Meant for it is `unauthorized_client`; not every server says that.
  return { is: AUTHENTICATED.includes(error) ? 'accepted' : 'no grant' };
}

/** RFC 6749, 2.3.1: both are form-encoded first. */
function basic(clientId: string, clientSecret: string): string {
  const encoded = [clientId, clientSecret].map((text) => new URLSearchParams({ '': text }).toString().slice(1));
  return Buffer.from(encoded.join(':')).toString('base64');
}
