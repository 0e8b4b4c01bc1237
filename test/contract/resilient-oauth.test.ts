import Fastify, { type FastifyInstance } from 'fastify';
import { createResilientOauthFetch, ManagedCredential } from '../../client';
import { oauthClient } from '../../drills/systems/oauth-client';
import { startOidcServer, type OidcServer } from '../../drills/systems/oidc-server';

/** A service of the real authorization server, which calls an API that asks it of every token. */
describe('a resilient fetch with tokens of OAuth', () => {
  let server: OidcServer;
  let shown: string[];
  let api: FastifyInstance;
  let url: string;

  beforeAll(async () => {
    server = await startOidcServer({ tokenSeconds: 3 });
    api = Fastify({ forceCloseConnections: true });
    api.post('/orders', async (request, reply) => {
      const token = request.headers.authorization?.replace(/^Bearer /, '') ?? '';
      shown.push(token);
      return reply.code((await server.isActive(token)) === true ? 201 : 401).send({ got: request.body });
    });
    url = `${await api.listen({ host: '127.0.0.1', port: 0 })}/orders`;
  });

  beforeEach(() => void (shown = []));

  afterAll(async () => {
    await api.close();
    await server.stop();
  });

  async function serviceOf(clients: readonly { readonly clientId: string; readonly clientSecret: string }[]) {
    let current = 1;
    const credential = await ManagedCredential.open('orders', oauthClient.kind, {
      read(_id, version = current) {
        const { clientId = '', clientSecret = '' } = clients[version - 1] ?? {};
        const { tokenUrl, authMethod } = server.declare();
        return Promise.resolve({
          version,
          material: { kind: 'oauth-client', tokenUrl, authMethod, clientId, clientSecret },
        });
      },
    });
    const send = createResilientOauthFetch(credential, { scopes: ['orders:read'], parkMs: 300 });
    const order = async () => {
      const response = await send(url, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } });
      await response.text();
      return response.status;
    };
    return { order, publish: (version: number) => void (current = version) };
  }

  it('asks for one token, uses it for most of its time, and then asks for another', async () => {
    const { order } = await serviceOf([await server.register()]);

    expect([await order(), await order()]).toEqual([201, 201]);
    expect(new Set(shown).size).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 3_200));
    expect(await order()).toBe(201);
    expect(new Set(shown).size).toBe(2);
  });

  it('goes on with the next client when the first is deleted, with its tokens', async () => {
    const [first, second] = [await server.register(), await server.register()];
    const { order, publish } = await serviceOf([first, second]);
    await order();
    await server.unregister(first);
    publish(2);

    expect(await order()).toBe(201);
    expect(shown).toHaveLength(3);
  });

  it('gives the 401 when no other comes in time', async () => {
    const only = await server.register();
    const { order } = await serviceOf([only]);
    await order();
    await server.unregister(only);

    expect(await order()).toBe(401);
  });
});
