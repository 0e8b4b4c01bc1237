import { z } from 'zod';
import type { Credential } from '../../domain/credential';
import { IncidentError } from '../../domain/errors';
import { adminAnswer, sendHttp, type HttpAnswer } from './http-send';
import type { OauthClientSettings } from './oauth-account';

const GRANT = 'client_credentials';
const NOT_TAKEN: readonly number[] = [401, 403, 404];

/** What a server says of a client (RFC 7591, 3.2.1), as far as we go by it; the rest is kept and sent back. */
const clientMetadata = z.looseObject({
  client_id: z.string().min(1),
  client_secret: z.string().min(1),
  grant_types: z.array(z.string()).optional(),
});

/** How one client is managed, by its registration access token (RFC 7592). */
export const registration = z.object({
  uri: z.string(),
  token: z.string().min(1),
  metadata: clientMetadata,
});

export type Registration = z.infer<typeof registration>;

const answered = z.looseObject({ registration_client_uri: z.string(), registration_access_token: z.string().min(1) });

/** What an update must not name (RFC 7592, 2.2). */
const OF_THE_SERVER: ReadonlySet<string> = new Set([
  'registration_access_token',
  'registration_client_uri',
  'client_secret_expires_at',
  'client_id_issued_at',
]);

/** Registers and manages clients at one server. All throw as `adminAnswer`. */
export function oauthRegistrar(settings: OauthClientSettings, credential: Credential, signal: AbortSignal) {
  const { account } = credential;

  async function call(
    name: string,
    request: {
      readonly method: string;
      readonly url: string;
      readonly token?: string | undefined;
      readonly body?: object;
    },
    wanted: readonly number[],
  ): Promise<HttpAnswer> {
    const { method, url, token, body } = request;
    const headers = {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body ? { 'content-type': 'application/json' } : {}),
    };
    const answer = await sendHttp({ method, url, headers, ...(body ? { body: JSON.stringify(body) } : {}) }, signal);
    return adminAnswer(answer, wanted, { provider: 'oauth-client', account, call: name });
  }

  const post = (name: string, body: object, wanted: readonly number[]) =>
    call(name, { method: 'POST', url: settings.registrationUrl, token: settings.initialAccessToken, body }, wanted);

  const put = ({ uri: url, token, metadata }: Registration, grants: readonly string[]) =>
    call('update', { method: 'PUT', url, token, body: { ...metadata, grant_types: grants } }, [200]);

  async function remove({ uri: url, token }: Registration): Promise<void> {
    await call('delete', { method: 'DELETE', url, token }, [204, ...NOT_TAKEN]);
  }

  function registered({ body }: HttpAnswer): Registration {
    const [about, managed] = [clientMetadata.safeParse(body), answered.safeParse(body)];
    const uri = managed.data?.registration_client_uri ?? '';
    // A token for its client must not go to whom an answer names.
    const isOurs = URL.canParse(uri) && new URL(uri).origin === new URL(settings.registrationUrl).origin;
    if (!about.success || !managed.success || !isOurs)
      throw new IncidentError('PROVIDER_REFUSED', { account, reply: 'a client that nobody could manage' });
    const known = Object.entries(about.data).filter(([name]) => !OF_THE_SERVER.has(name));
    return {
      uri,
      token: managed.data.registration_access_token,
      metadata: clientMetadata.parse(Object.fromEntries(known)),
    };
  }

  return {
    /** Whether our token may register: what no server registers is refused for what it says, and not for who asks. */
    async probe(): Promise<void> {
      const answer = await post('probe', { redirect_uris: 'none', grant_types: [GRANT] }, [200, 201, 400]);
      if (answer.status !== 400) await remove(registered(answer));
    },

    /** A new client, whose registration access token an update leaves as it is: else it is ended again, and PROVIDER_REFUSED thrown. */
    async register(name: string): Promise<Registration> {
      const { scopes } = credential;
      const made = registered(
        await post(
          'register',
          {
            client_name: name,
            grant_types: [GRANT],
            response_types: [],
            redirect_uris: [],
            token_endpoint_auth_method: settings.authMethod,
            ...(scopes.length > 0 ? { scope: scopes.join(' ') } : {}),
          },
          [200, 201],
        ),
      );
      const { body } = await put(made, [GRANT]);
      const [about, managed] = [clientMetadata.partial().safeParse(body).data, answered.partial().safeParse(body).data];
      const token = managed?.registration_access_token ?? made.token;
      const secret = about?.client_secret ?? made.metadata.client_secret;
      if (token === made.token && secret === made.metadata.client_secret) return made;
      await remove({ ...made, token });
      throw new IncidentError('PROVIDER_REFUSED', {
        account,
        reply: 'an update changes the registration access token',
      });
    },

    /** `not taken`: there is no such client any more, or its registration access token is refused; RFC 7592 has one answer for both. */
    async read({ uri: url, token }: Registration): Promise<'active' | 'disabled' | 'not taken'> {
      const { status, body } = await call('read', { method: 'GET', url, token }, [200, ...NOT_TAKEN]);
      if (status !== 200) return 'not taken';
      const { grant_types: grants = [] } = clientMetadata.partial().parse(body);
      return grants.includes(GRANT) ? 'active' : 'disabled';
    },

    /** Takes the one grant that it has, or gives it back: without one a client is given no tokens. */
    disable: (client: Registration) => put(client, []),
    enable: (client: Registration) => put(client, [GRANT]),
    remove,
  };
}

export type OauthRegistrar = ReturnType<typeof oauthRegistrar>;
