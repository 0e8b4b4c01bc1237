import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { basicCredentials } from '../../domain/basic-credentials';
import type { OauthClientSettings } from '../../activities/providers/oauth-account';
import { projectRoot } from '../../workers/project-root';
import { freePort } from '../../stack/free-port';

export interface OidcOptions {
  /** Whether tokens end with their client; the server's own way is that they live on. */
  readonly endsTokens?: boolean;
  /** Whether introspection says of every token of another client that it is not active, as RFC 7662 (2.2) wants it of who may not ask. */
  readonly ownOnly?: boolean;
  /** Whether an update of a client changes its registration access token; the server's own way is that it does. */
  readonly rotates?: boolean;
  readonly tokenSeconds?: number;
}

/** What the server has on record of one. */
type Client = Readonly<Record<string, unknown>>;

/** A real authorization server (`oidc-provider`) on loopback. */
export async function startOidcServer({
  endsTokens = true,
  ownOnly = false,
  rotates = false,
  tokenSeconds = 600,
}: OidcOptions = {}) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const initialAccessToken = randomBytes(24).toString('base64url');
  // All of these mean something where they stand unescaped.
  const reader = { clientId: 'orders-api', clientSecret: `a:b %+/=&?${randomBytes(24).toString('base64url')}` };
  const known = { client_id: reader.clientId, client_secret: reader.clientSecret };
  const given = JSON.stringify({ port, initialAccessToken, reader: known, endsTokens, ownOnly, rotates, tokenSeconds });
  const server = fork(join(projectRoot(), 'drills', 'systems', 'authorization-server.mjs'), [given], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  await once(server, 'message');

  async function tell(message: object): Promise<readonly Client[]> {
    const answer = once(server, 'message');
    server.send(message);
    const [{ records }] = (await answer) as [{ records: readonly Client[] }];
    return records;
  }

  async function post(path: string, { clientId, clientSecret }: typeof reader, form: object) {
    const authorization = basicCredentials(clientId, clientSecret);
    const body = new URLSearchParams({ ...form });
    const response = await fetch(`${url}${path}`, { method: 'POST', headers: { authorization }, body });
    return (await response.json()) as { access_token?: string; active?: boolean };
  }

  /** A client as anybody registers one (RFC 7591). */
  async function register() {
    const response = await fetch(`${url}/reg`, {
      method: 'POST',
      headers: { authorization: `Bearer ${initialAccessToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ grant_types: ['client_credentials'], response_types: [], redirect_uris: [] }),
    });
    const given = (await response.json()) as Readonly<Record<string, string>>;
    const { client_id: clientId = '', client_secret: clientSecret = '' } = given;
    const { registration_client_uri: uri = '', registration_access_token: token = '' } = given;
    return { clientId, clientSecret, uri, token };
  }

  return {
    port,
    register,
    async unregister({ uri, token }: Awaited<ReturnType<typeof register>>) {
      await fetch(uri, { method: 'DELETE', headers: { authorization: `Bearer ${token}` } });
    },
    initialAccessToken,
    reader,
    admin: async (accepted: boolean) => void (await tell({ accepted })),
    clients: () => tell({}),
    /** What a client is given for its secret; undefined when it is refused. */
    tokenOf: async (clientId: string, clientSecret: string) =>
      (await post('/token', { clientId, clientSecret }, { grant_type: 'client_credentials' })).access_token,
    /** As an API that is shown a token asks. */
    isActive: async (token: string) => (await post('/token/introspection', reader, { token })).active,
    declare: (adminUrl = url, useUrl = url): OauthClientSettings => ({
      registrationUrl: `${adminUrl}/reg`,
      initialAccessToken,
      tokenUrl: `${useUrl}/token`,
      authMethod: 'client_secret_basic',
      introspection: { url: `${useUrl}/token/introspection`, authMethod: 'client_secret_basic', ...reader },
      revocationUrl: `${useUrl}/token/revocation`,
      tokenSeconds,
    }),
    async stop() {
      const ended = once(server, 'exit');
      server.kill();
      await ended;
    },
  };
}

export type OidcServer = Awaited<ReturnType<typeof startOidcServer>>;
