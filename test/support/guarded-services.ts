import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import Fastify, { type FastifyInstance } from 'fastify';
import type { DenylistEntry } from '../../domain/denylist';
import { fingerprint } from '../../domain/fingerprint';
import type { Subject } from '../../domain/subject';
import type { UsageEvent } from '../../domain/usage-event';
import { compileProxies } from '../../enforcement/client-address';
import { createDenylistMap, type DenylistMap } from '../../enforcement/denylist-map';
import { tourniquetMiddleware } from '../../enforcement/express-middleware';
import { tourniquetGateway, type GatewayMiddlewareOptions } from '../../enforcement/fastify-plugin';
import { createGateway } from '../../enforcement/gateway';
import { createOpenConnections, type OpenConnections } from '../../enforcement/open-connections';
import type { CheckedToken } from '../../enforcement/token-check';
import { createGatewayServer } from '../../workers/gateway/gateway-server';
import { TEST_FINGERPRINT_KEYS } from './fingerprint-keys';
import { sampleRefusal } from './sample-refusal';

/** A service that a gateway of the product's own parts guards, without servers: refusals are put into its map. */
export interface GuardedService {
  readonly url: string;
  readonly map: DenylistMap;
  readonly connections: OpenConnections;
  readonly events: readonly UsageEvent[];
  /** Requests that reached the service. */
  readonly reached: readonly string[];
  /** Streams that the service is giving now. */
  streaming(): number;
  /** Routes that are shut, as `<method> <path>`. */
  readonly shut: string[];
  refuse(token: string, more?: Partial<DenylistEntry>): void;
  stop(): Promise<void>;
}

const TICK_MS = 20;

export const subjectOf = (token: string): Subject => fingerprint(token, TEST_FINGERPRINT_KEYS[0]);

export const GUARDS = {
  'Fastify plugin': guardWithFastify,
  'Express middleware': guardWithExpress,
  'reverse proxy': guardByProxy,
};

export async function startGuardedService(guard: keyof typeof GUARDS): Promise<GuardedService> {
  const map = createDenylistMap();
  const connections = createOpenConnections(map);
  const [events, shut]: [UsageEvent[], string[]] = [[], []];
  const seen: Seen = { reached: [], streaming: 0 };
  const gateway = createGateway({
    id: 'guard',
    mirror: map,
    failsClosed: (method, path) => shut.includes(`${method} ${path}`),
    // Every token that says so was issued.
    tokens: ([subject]) => Promise.resolve(ISSUED.map(issued).find((token) => token.subject === subject)),
    fingerprintKeys: TEST_FINGERPRINT_KEYS,
    inventory: { lookup: () => undefined },
    emit: (event) => (event.kind === 'usage' ? events.push(event) : undefined),
  });
  const isProxy = compileProxies(['127.0.0.1/32']);
  const { url, stop } = await GUARDS[guard]({ gateway, isProxy, connections }, seen);
  return {
    url,
    map,
    connections,
    events,
    reached: seen.reached,
    streaming: () => seen.streaming,
    shut,
    refuse(token, more = {}) {
      map.join(sampleRefusal(subjectOf(token), { credentialId: 'reports-token', ...more }));
    },
    async stop() {
      connections.stop();
      await stop();
    },
  };
}

/** Tokens that the issuer knows; the last was derived from the first. */
export const ISSUED = ['token-a', 'token-b', 'token-c', 'child-of-token-a'];

function issued(token: string): CheckedToken & { readonly subject: Subject } {
  const parent = /^child-of-(?<name>.*)$/.exec(token)?.groups?.['name'];
  return {
    subject: subjectOf(token),
    publicId: 'tqt_x',
    principal: 'reports',
    // What holds a space would read as two.
    scopes: ['reports:read', 'reports:write all'],
    state: 'active',
    ...(parent === undefined ? {} : { parentSubjects: [subjectOf(parent)] }),
  };
}

interface Served {
  readonly url: string;
  stop(): Promise<void>;
}

interface Seen {
  readonly reached: string[];
  streaming: number;
}

/** An endless stream of server-sent events: one every 20 ms. */
function stream(response: ServerResponse, seen: Seen): void {
  seen.streaming += 1;
  response.on('close', () => (seen.streaming -= 1));
  response.write('data: first\n\n');
  const timer = setInterval(() => response.write('data: tick\n\n'), TICK_MS);
  response.on('close', () => clearInterval(timer));
}

function found(headers: IncomingHttpHeaders) {
  // As services have them that take an underscore for a hyphen.
  const twice = Object.keys(headers).filter((name) => /^x[-_]tourniquet.*_|^x_/.test(name));
  const told = { principal: headers['x-tourniquet-principal'], scopes: headers['x-tourniquet-scopes'] };
  return twice.length > 0 ? { ...told, twice } : told;
}

function addRoutes(app: FastifyInstance, seen: Seen): void {
  app.get('/reports/:id', (request) => {
    seen.reached.push(request.url);
    return found(request.headers);
  });
  app.get('/stream', (request, reply) => {
    seen.reached.push(request.url);
    reply.hijack();
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream' });
    stream(reply.raw, seen);
  });
}

async function listening(app: FastifyInstance): Promise<Served> {
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return { url, stop: () => app.close() };
}

async function guardWithFastify(options: GatewayMiddlewareOptions, seen: Seen): Promise<Served> {
  const app = Fastify({ forceCloseConnections: true });
  await app.register(tourniquetGateway, options);
  addRoutes(app, seen);
  return listening(app);
}

async function guardWithExpress(options: GatewayMiddlewareOptions, seen: Seen): Promise<Served> {
  const app = express();
  app.use(tourniquetMiddleware(options));
  app.get('/reports/:id', (request, response) => {
    seen.reached.push(request.url);
    response.json(found(request.headers));
  });
  app.get('/stream', (request, response) => {
    seen.reached.push(request.url);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    stream(response, seen);
  });
  const server: Server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function guardByProxy(options: GatewayMiddlewareOptions, seen: Seen): Promise<Served> {
  const service = Fastify({ forceCloseConnections: true });
  addRoutes(service, seen);
  const upstream = await listening(service);
  const health = { report: () => ({ trust: 'fresh' as const }), appliedRevision: () => 0, size: () => 0 };
  const proxy = await listening(await createGatewayServer({ ...options, upstream: upstream.url, health }));
  return {
    url: proxy.url,
    async stop() {
      await proxy.stop();
      await upstream.stop();
    },
  };
}
