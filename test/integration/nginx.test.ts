import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { connect as connectTcp, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import Fastify, { type FastifyInstance } from 'fastify';
import { openDatabase, type Database } from '../../activities/store/database';
import { migrate } from '../../activities/store/migrate';
import { type fingerprint } from '../../domain/fingerprint';
import { foreignMapper } from '../../detectors/sources/registry';
import { RuleSet } from '../../detectors/sigma/rule-set';
import { OUTCOME_HEADER, SUBJECT_HEADER } from '../../domain/gateway-headers';
import { openBucket } from '../../enforcement/buckets';
import { createDenylist } from '../../enforcement/denylist-kv';
import { eventually } from '../support/eventually';
import { TEST_FINGERPRINT_KEYS } from '../support/fingerprint-keys';
import { freshDatabase, type FreshDatabase } from '../support/fresh-database';
import { startGatewayApp, type GatewayApp } from '../support/gateway-app';
import { integrationStack } from '../support/integration-stack';
import { startNginx, type Nginx } from '../support/nginx';
import { privateNatsServer, type PrivateNatsServer } from '../support/private-nats-server';
import { issueToken } from '../support/issue-token';
import { sampleRefusal } from '../support/sample-refusal';

/** Where the client of these tests comes from: another address than nginx, which is a listed proxy. */
const CLIENT = '127.0.0.2';
const ATTACKER_CLAIM = '203.0.113.7';
const BIG = 'x'.repeat(200_000);

let fresh: FreshDatabase;
let database: Database;
let server: PrivateNatsServer;
let nats: NatsConnection;
let gateway: GatewayApp;
let service: FastifyInstance;
let tap: { readonly url: string; readonly server: Server; asked: string };
let nginx: Nginx;
let nextToken = 1;
const received: { method: string; url: string; headers: Record<string, unknown>; length: number }[] = [];

beforeAll(async () => {
  fresh = await freshDatabase(integrationStack().postgres.adminUrl);
  await migrate(fresh.url);
  database = openDatabase(fresh.url, { applicationName: 'nginx' });
  server = await privateNatsServer();
  nats = await connect({ servers: server.url });
  gateway = await startGatewayApp({
    nats,
    database,
    fingerprintKeys: TEST_FINGERPRINT_KEYS,
    trustedProxies: ['127.0.0.1/32'],
    failsClosed: (_method, path) => path.startsWith('/admin'),
    service: (app) => {
      app.get('/stream', (_request, reply) => {
        reply.hijack();
        reply.raw.writeHead(200, { 'content-type': 'text/event-stream' });
        const timer = setInterval(() => reply.raw.write('data: tick\n\n'), 20);
        reply.raw.on('close', () => clearInterval(timer));
      });
    },
  });
  service = Fastify({ bodyLimit: 1_000_000, forceCloseConnections: true });
  service.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  service.all('/*', (one, reply) => {
    const { method, url, headers, body } = one;
    received.push({ method, url, headers, length: typeof body === 'string' ? body.length : 0 });
    return reply.code(url.startsWith('/broken') ? 500 : 200).send('the service');
  });
  await service.listen({ host: '127.0.0.1', port: 0 });
  tap = await startTap(gateway.url);
  nginx = await startNginx({ gateway: tap.url, service: addressOf(service.server) });
});

afterAll(async () => {
  await nginx?.stop();
  tap?.server.close();
  await service?.close();
  await gateway?.stop();
  await nats?.close();
  await server?.stop();
  await database?.end();
  await fresh?.drop();
});

beforeEach(() => {
  received.length = 0;
  tap.asked = '';
});

function addressOf(one: { address(): unknown }): string {
  return `http://127.0.0.1:${(one.address() as AddressInfo).port}`;
}

/** Writes down what nginx says to the gateway, to the letter. */
async function startTap(to: string) {
  const sockets = new Set<Socket>();
  const listener = createServer((client) => {
    const upstream = connectTcp(Number(new URL(to).port), '127.0.0.1');
    client.on('data', (chunk) => (made.asked += chunk.toString('latin1')));
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream]) sockets.add(socket.on('error', () => undefined));
  });
  listener.on('close', () => sockets.forEach((socket) => socket.destroy()));
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const made = { url: addressOf(listener), server: listener, asked: '' };
  return made;
}

const issue = () => issueToken(database, `token-${nextToken++}`);

async function refuse(subject: ReturnType<typeof fingerprint>): Promise<void> {
  const { revision } = await createDenylist(await openBucket(nats, 'denylist')).tighten(
    sampleRefusal(subject, { credentialId: 'reports-token', since: Date.now() }),
  );

  await eventually(gateway.mirror.appliedRevision, (applied) => applied >= revision);
}

interface Sent {
  readonly token?: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly agent?: Agent;
  readonly to?: string;
}

async function send(path: string, { token, method = 'GET', headers = {}, body, agent, to = nginx.url }: Sent = {}) {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const sent = request(`${to}${path}`, {
    method,
    localAddress: CLIENT,
    headers: { ...authorization, ...headers },
    ...(agent ? { agent } : {}),
  }).end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const { socket } = response;
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode, headers: response.headers, text, socket };
}

describe('nginx with the documented configuration', () => {
  it('lets through with the principal and the scopes the gateway found, whatever the client claims', async () => {
    const { token } = await issue();

    const claimed = { 'x-tourniquet-principal': 'admin', 'x-tourniquet-scopes': 'everything' };
    const answer = await send('/reports/7?x=1', { token, headers: claimed });

    expect([answer.status, answer.text]).toEqual([200, 'the service']);
    expect(received).toMatchObject([{ url: '/reports/7?x=1', headers: { 'x-tourniquet-principal': 'reports' } }]);
    // It has none.
    expect(received[0]?.headers).not.toHaveProperty('x-tourniquet-scopes');
  });

  it('tells the gateway the request as it was, and never its body', async () => {
    const { token } = await issue();

    const answer = await send('/reports/a%2Fb?secret=1', { token, method: 'PUT', body: BIG });

    expect([answer.status, received[0]?.length]).toEqual([200, BIG.length]);
    expect(gateway.events.at(-1)).toMatchObject({
      action: { kind: 'write', name: 'PUT /reports/a%2Fb' },
      client: { address: CLIENT },
    });
    expect(tap.asked).toMatch(/^GET \/authorize HTTP\/1\.1\r\n/);
    expect(tap.asked.toLowerCase()).not.toMatch(/xxxx|content-length|transfer-encoding/);
  });

  it('does not pass on what a client says about its own request', async () => {
    const { token } = await issue();
    const claims = {
      'x-original-method': 'GET',
      'x-original-uri': '/harmless',
      'x-forwarded-for': ATTACKER_CLAIM,
    };

    await send('/reports/7', { token, method: 'DELETE', headers: claims });

    expect(gateway.events.at(-1)).toMatchObject({
      action: { kind: 'write', name: 'DELETE /reports/*' },
      client: { address: CLIENT },
    });
    expect(tap.asked.match(/x-original-uri:.*/gi)).toEqual(['X-Original-URI: /reports/7']);
  });

  it('passes a refusal on with its challenge, and does not reach the service', async () => {
    const { token, subject } = await issue();
    await refuse(subject);

    const [without, refused] = [await send('/reports/7'), await send('/reports/7', { token })];

    expect([without.status, without.headers['www-authenticate']]).toEqual([401, 'Bearer']);
    expect([refused.status, refused.headers['www-authenticate']]).toEqual([401, 'Bearer error="invalid_token"']);
    expect(received).toEqual([]);
  });

  it('logs by which subject a credential was used and what became of it, and neither its value nor a query', async () => {
    const { token, subject } = await issue();

    const passed = await send('/reports/7?secret=1', { token });
    await refuse(subject);
    const refused = await send('/reports/7?secret=1', { token });

    const lines = await eventually(
      () => nginx.accessLog(),
      (found) => found.filter((line) => line.includes(subject)).length === 2,
    );
    const events = lines
      .map((line) => foreignMapper('nginx', RuleSet.EMPTY)(JSON.parse(line)))
      .flatMap((mapped) => (mapped.kind === 'event' && mapped.event.subject === subject ? [mapped.event] : []));
    expect(events).toMatchObject([
      { action: { kind: 'read', name: 'GET /reports/*' }, outcome: 'accepted', client: { address: CLIENT } },
      { action: { kind: 'read', name: 'GET /reports/*' }, outcome: 'contained', client: { address: CLIENT } },
    ]);
    expect(lines.join()).not.toContain('secret');
    expect(lines.join()).not.toContain(token);
    const told = [
      ...Object.keys(received[0]?.headers ?? {}),
      ...Object.keys(passed.headers),
      ...Object.keys(refused.headers),
    ];
    expect(told.filter((name) => name === SUBJECT_HEADER || name === OUTCOME_HEADER)).toEqual([]);
  });

  it('refuses the next request of a connection that is kept alive as soon as the denylist says so', async () => {
    const { token, subject } = await issue();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const first = await send('/reports/7', { token, agent });
    const second = await send('/reports/7', { token, agent });

    await refuse(subject);
    const third = await send('/reports/7', { token, agent });

    expect([first.status, second.status, third.status]).toEqual([200, 200, 401]);
    expect(third.socket).toBe(first.socket);
    agent.destroy();
  });

  it('says 503 where the gateway shuts a privileged route, and leaves the service its own errors', async () => {
    const { token } = await issue();

    const [shut, broken] = [await send('/admin/users', { token }), await send('/broken', { token })];

    expect([shut.status, shut.headers['retry-after']]).toEqual([503, '1']);
    expect(JSON.parse(shut.text)).toMatchObject({ code: 'GATEWAY_STALE' });
    expect([broken.status, broken.text]).toEqual([500, 'the service']);
    expect(received.map(({ url }) => url)).toEqual(['/broken']);
  });

  it('lets nobody through while the gateway is away', async () => {
    const { token } = await issue();
    const alone = await startNginx({ gateway: 'http://127.0.0.1:1', service: addressOf(service.server) });

    const answer = await send('/reports/7', { token, to: alone.url });

    expect([answer.status, answer.headers['content-type']]).toEqual([503, 'application/problem+json']);
    expect(received.filter(({ url }) => url === '/reports/7')).toEqual([]);
    await alone.stop();
  });

  it('can not end a stream itself; the middleware in the service behind it does', async () => {
    const { token, subject } = await issue();
    const before = await startNginx({ gateway: gateway.url, service: gateway.url });
    const sent = request(`${before.url}/stream`, { headers: { authorization: `Bearer ${token}` } }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    await once(response, 'data');

    const ended = new Promise((resolve) => response.on('error', resolve));
    response.resume();
    const at = Date.now();
    await refuse(subject);
    await ended;

    expect([response.statusCode, Date.now() - at < 1_000]).toEqual([200, true]);
    await before.stop();
  });
});
