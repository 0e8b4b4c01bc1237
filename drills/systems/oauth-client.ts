import Fastify from 'fastify';
import { fetch } from 'undici';
import { createResilientOauthFetch } from '../../client/dependent';
import { makeSecretFile } from '../../stack/key-files';
import { startOidcServer, type OidcServer } from './oidc-server';
import { requestToken } from './request-token';
import type { System } from './system';

/** A client of an authorization server, and an API that asks it of every token it is shown. */
export const oauthClient: System<'oauth-client'> = {
  provider: 'oauth-client',
  kind: 'oauth-client',
  credential: { account: 'sso', principal: 'orders-client', scopes: ['orders:read'] },
  requestsPerSecond: 10,

  async start(directory) {
    const server = await startOidcServer();
    const api = await startOrdersApi(server);
    const { initialAccessToken = '', introspection, ...account } = server.declare();
    const { clientSecret = '', ...asker } = introspection ?? {};
    return {
      account: {
        ...account,
        initialAccessTokenFile: await makeSecretFile(directory, 'sso.token', initialAccessToken),
        introspection: { ...asker, clientSecretFile: await makeSecretFile(directory, 'sso-api.secret', clientSecret) },
      },
      at: api.url,
      async stop() {
        await api.stop();
        await server.stop();
      },
    };
  },

  serve(credential, at) {
    const send = createResilientOauthFetch(credential, { scopes: ['orders:read'] });
    return {
      async request() {
        const response = await send(at);
        await response.text();
        if (!response.ok) throw Object.assign(new Error('the orders API did not answer'), { code: response.status });
      },
      end: () => undefined,
    };
  },

  async enter(material, at) {
    const token = await requestToken(material);
    return {
      async request() {
        const response = await fetch(at, { headers: { authorization: `Bearer ${token}` } });
        await response.text();
        if (!response.ok) throw new Error(`answered ${response.status}`);
      },
      end: () => undefined,
    };
  },
};

async function startOrdersApi(server: OidcServer) {
  const app = Fastify({ forceCloseConnections: true });
  app.get('/orders', async (request, reply) => {
    const token = request.headers.authorization?.replace(/^Bearer /, '') ?? '';
    return reply.code((await server.isActive(token)) === true ? 200 : 401).send({});
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return { url: `${url}/orders`, stop: () => app.close() };
}
