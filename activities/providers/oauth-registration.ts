import { z } from 'zod';
import type { Credential } from '../../domain/credential';
import { IncidentError } from '../../domain/errors';
import { adminAnswer, sendHttp, type HttpAnswer } from './http-send';
import type { OauthClientSettings } from './oauth-account';

const GRANT = 'client_credentials';
const NOT_TAKEN: readonly number[] = [401, 403, 404];

/** What a server says of a client (RFC 7591, 3.2.1); what we do not go by is sent back as it is. */
const clientMetadata = z.looseObject({ client_id: z.string().min(1), grant_types: z.array(z.string()) });
type ClientMetadata = z.infer<typeof clientMetadata>;

/** How one client is managed, by its registration access token (RFC 7592), and what it was given. */
export const registration = z.object({
  uri: z.string(),
  token: z.string().min(1),
  clientId: z.string().min(1),
  clientSecret: z.string().min(1),
});
export type Registration = z.infer<typeof registration>;

const registered = z.object({
  client_id: z.string().min(1),
  client_secret: z.string().min(1),
  registration_client_uri: z.string(),
  registration_access_token: z.string().min(1),
});

/** What an update must not name (RFC 7592, 2.2). */
const OF_THE_SERVER: ReadonlySet<string> = new Set([
  'registration_access_token',
  'registration_client_uri',
  'client_secret_expires_at',
  'client_id_issued_at',
]);

/** What is refused of a registration for what it says (RFC 7591, 3.2.2), and not for who asks. */
const REFUSED_AS_IT_IS: readonly unknown[] = ['invalid_redirect_uri', 'invalid_client_metadata'];

/** Registers and manages clients at one server. All throw as `adminAnswer`. */
export function oauthRegistrar(
  settings: OauthClientSettings,
  credential: Pick<Credential, 'account' | 'scopes'>,
  signal: AbortSignal,
) {
  const { account, scopes } = credential;
  const refused = (reply: string) => new IncidentError('PROVIDER_REFUSED', { account, reply });

  async function call(
    name: string,
    { method, url, token, body }: { method: string; url: string; token?: string | undefined; body?: object },
    wanted: readonly number[],
  ): Promise<HttpAnswer> {
    const headers = {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body ? { 'content-type': 'application/json' } : {}),
    };
    const answer = await sendHttp({ method, url, headers, ...(body ? { body: JSON.stringify(body) } : {}) }, signal);
    return adminAnswer(answer, wanted, { provider: 'oauth-client', account, call: name });
  }

  const post = (name: string, body: object, wanted: readonly number[]) =>
    call(name, { method: 'POST', url: settings.registrationUrl, token: settings.initialAccessToken, body }, wanted);

  async function remove({ uri: url, token }: Pick<Registration, 'uri' | 'token'>): Promise<void> {
    await call('delete', { method: 'DELETE', url, token }, [204, ...NOT_TAKEN]);
  }

  function readRegistered({ body }: HttpAnswer): Registration {
    const { data } = registered.safeParse(body);
    // A token for its client must not go to whom an answer names.
    const isOurs = data && isOfOrigin(data.registration_client_uri, settings.registrationUrl);
    if (!isOurs) throw refused('a client that nobody could manage');
    const { client_id: clientId, client_secret: clientSecret } = data;
    return { uri: data.registration_client_uri, token: data.registration_access_token, clientId, clientSecret };
  }

  /** What is said of it now; undefined where its token is not taken. */
  async function look({ uri: url, token }: Registration): Promise<ClientMetadata | undefined> {
    const { status, body } = await call('read', { method: 'GET', url, token }, [200, ...NOT_TAKEN]);
    if (status !== 200) return undefined;
    const { data } = clientMetadata.safeParse(body);
    if (!data) throw new IncidentError('PROVIDER_UNAVAILABLE', { account, reply: 'what a client is can’t be read' });
    return data;
  }

  /** Everything else is left as it is now. */
  async function setGrants(client: Registration, grants: readonly string[]): Promise<HttpAnswer> {
    const now = (await look(client)) ?? {};
    const kept = Object.entries(now).filter(([name]) => !OF_THE_SERVER.has(name));
    const body = { client_id: client.clientId, ...Object.fromEntries(kept), grant_types: grants };
    return call('update', { method: 'PUT', url: client.uri, token: client.token, body }, [200]);
  }

  /** All that an incident will do, before anybody uses it: what changes its token or its secret would leave a client that nobody can end. */
  async function tryOut(client: Registration): Promise<void> {
    for (const grants of [[], [GRANT]]) {
      const { body } = await setGrants(client, grants);
      const { data = {} } = registered.partial().safeParse(body);
      const { registration_access_token: token, client_secret: secret } = data;
      if (token !== undefined && token !== client.token) {
        await remove({ ...client, token });
        throw refused('an update changes the registration access token');
      }
      if (secret !== undefined && secret !== client.clientSecret) throw refused('an update changes the secret');
      const now = await look(client);
      if (now?.grant_types.includes(GRANT) !== grants.includes(GRANT)) throw refused('an update changes no grants');
    }
  }

  return {
    /** Whether our token may register: what no server registers is refused for what it says. */
    async probe(): Promise<void> {
      const answer = await post('probe', { redirect_uris: ['none'], grant_types: [GRANT] }, [200, 201, 400]);
      if (answer.status !== 400) return remove(readRegistered(answer));
      const { data } = z.object({ error: z.string() }).safeParse(answer.body);
      if (!REFUSED_AS_IT_IS.includes(data?.error)) throw refused('nothing registers clients there');
    },

    /** A new client that can be managed: one that could not is ended again, as well as that goes, and PROVIDER_REFUSED thrown. */
    async register(name: string): Promise<Registration> {
      const metadata = {
        client_name: name,
        grant_types: [GRANT],
        response_types: [],
        redirect_uris: [],
        token_endpoint_auth_method: settings.authMethod,
        ...(scopes.length > 0 ? { scope: scopes.join(' ') } : {}),
      };
      const made = readRegistered(await post('register', metadata, [200, 201]));
      try {
        await tryOut(made);
      } catch (error) {
        await remove(made).catch(() => undefined);
        throw error;
      }
      return made;
    },

    /** `not taken`: there is no such client any more, or its registration access token is refused; RFC 7592 has one answer for both. */
    async read(client: Registration): Promise<'active' | 'disabled' | 'not taken'> {
      const now = await look(client);
      if (!now) return 'not taken';
      return now.grant_types.includes(GRANT) ? 'active' : 'disabled';
    },

    /** Takes the one grant that it has, or gives it back: without one a client is given no tokens. */
    disable: (client: Registration) => setGrants(client, []),
    enable: (client: Registration) => setGrants(client, [GRANT]),
    remove,
  };
}

function isOfOrigin(address: string, of: string): boolean {
  return URL.canParse(address) && new URL(address).origin === new URL(of).origin;
}
