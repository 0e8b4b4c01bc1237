import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import Fastify, { type FastifyInstance } from 'fastify';
import { AmbiguousOutcomeError, createResilientOauthFetch, ManagedCredential } from '../../client';
import { oauthClient } from '../../drills/systems/oauth-client';
import { startOidcServer, type OidcServer } from '../../drills/systems/oidc-server';
import { eventually } from '../support/eventually';

/** More than a request is parked below, and a busy machine needs: the token it was cut with is shown again. */
const TOKEN_SECONDS = 5;

/** A service of the real authorization server, which calls an API that asks it of every token. */
describe('a resilient fetch with tokens of OAuth', () => {
  let server: OidcServer;
  let shown: string[];
  let api: FastifyInstance;
  let url: string;
  /** Ends the connection of a token that is not active, without a word, as some gateways do; and of any while told. */
  let cuts: string;
  let isCutting: boolean;

  beforeAll(async () => {
    server = await startOidcServer({ tokenSeconds: TOKEN_SECONDS });
    api = Fastify({ forceCloseConnections: true });
    api.post('/orders', async (request, reply) => {
      const token = request.headers.authorization?.replace(/^Bearer /, '') ?? '';
      shown.push(token);
      return reply.code((await server.isActive(token)) === true ? 201 : 401).send({ got: request.body });
    });
    api.all('/cuts', async (request, reply) => {
      const token = request.headers.authorization?.replace(/^Bearer /, '') ?? '';
      shown.push(token);
      if (isCutting || (await server.isActive(token)) !== true) request.raw.socket.destroy();
      return reply.send({});
    });
    url = `${await api.listen({ host: '127.0.0.1', port: 0 })}/orders`;
    cuts = url.replace('/orders', '/cuts');
  });

  beforeEach(() => {
    shown = [];
    isCutting = false;
  });

  afterAll(async () => {
    await api.close();
    await server.stop();
  });

  async function serviceOf(
    clients: readonly { readonly clientId: string; readonly clientSecret: string }[],
    { tokenUrl = server.declare().tokenUrl, parkMs = 300 } = {},
  ) {
    let current = 1;
    const credential = await ManagedCredential.open('orders', oauthClient.kind, {
      read(_id, version = current) {
        const { clientId = '', clientSecret = '' } = clients[version - 1] ?? {};
        const { authMethod } = server.declare();
        return Promise.resolve({
          version,
          material: { kind: 'oauth-client', tokenUrl, authMethod, clientId, clientSecret },
        });
      },
    });
    const send = createResilientOauthFetch(credential, { scopes: ['orders:read'], parkMs });
    const order = async () => {
      const response = await send(url, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } });
      await response.text();
      return response.status;
    };
    return { send, order, publish: (version: number) => void (current = version) };
  }

  it('asks for one token, uses it for most of its time, and then asks for another', async () => {
    const { order } = await serviceOf([await server.register()]);

    expect([await order(), await order()]).toEqual([201, 201]);
    expect(new Set(shown).size).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, TOKEN_SECONDS * 1_000 + 200));
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

  it('sends a read once more with the next client where the connection is cut', async () => {
    const [first, second] = [await server.register(), await server.register()];
    const { send, order, publish } = await serviceOf([first, second]);
    await order();
    await server.unregister(first);
    publish(2);

    expect((await send(cuts)).status).toBe(200);
    expect(shown).toHaveLength(3);
    expect(send.counters).toEqual({ refused: 0, cut: 1, parked: 1, timedOut: 0, ambiguous: 0 });
  });

  it('says of a write whose connection is cut that nobody knows', async () => {
    const [first, second] = [await server.register(), await server.register()];
    const { send, order, publish } = await serviceOf([first, second]);
    await order();
    await server.unregister(first);
    publish(2);

    await expect(send(cuts, { method: 'POST', body: '{}' })).rejects.toThrow(AmbiguousOutcomeError);
    expect(shown).toHaveLength(2);
  });

  it('keeps its token when a connection is cut: nobody logs in anew for that', async () => {
    const { send, order } = await serviceOf([await server.register()]);
    isCutting = true;
    await expect(send(cuts, { method: 'POST', body: '{}' })).rejects.toThrow(AmbiguousOutcomeError);
    isCutting = false;

    expect(await order()).toBe(201);
    expect(shown).toHaveLength(2);
    expect(new Set(shown).size).toBe(1);
  });

  it('keeps no other request waiting for one whose connection was cut', async () => {
    const { send, order } = await serviceOf([await server.register()], { parkMs: 2_000 });
    await order();
    isCutting = true;
    const cut = send(cuts);
    await eventually(
      () => send.counters.parked,
      (parked) => parked === 1,
    );
    isCutting = false;

    expect(await order()).toBe(201);
    expect(send.counters).toMatchObject({ parked: 1, timedOut: 0 });
    expect((await cut).status).toBe(200);
  });

  it('takes a cut by the authorization server for an outage of it', async () => {
    const deaf = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(deaf, 'listening');
    const tokenUrl = `http://127.0.0.1:${(deaf.address() as AddressInfo).port}/token`;
    const { send } = await serviceOf([{ clientId: 'orders', clientSecret: '' }], { tokenUrl });

    await expect(send(url)).rejects.toThrow('fetch failed');
    expect(send.counters).toEqual({ refused: 0, cut: 0, parked: 0, timedOut: 0, ambiguous: 0 });
    deaf.close();
  });
});
