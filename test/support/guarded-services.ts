import { createServer, type Server } from 'node:http';
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
import { createGatewayServer } from '../../workers/gateway/gateway-server';
import { TEST_FINGERPRINT_KEYS } from './fingerprint-keys';

/** A service that a gateway of the product's own parts guards, without servers: refusals are put into its map. */
export interface GuardedService {
  readonly url: string;
  readonly map: DenylistMap;
  readonly connections: OpenConnections;
  readonly events: readonly UsageEvent[];
  /** Requests that reached the service. */
  readonly reached: readonly string[];
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
  const [events, reached, shut]: [UsageEvent[], string[], string[]] = [[], [], []];
  const gateway = createGateway({
    id: 'guard',
    mirror: map,
    failsClosed: (method, path) => shut.includes(`${method} ${path}`),
    // Every token that says so was issued.
    tokens: ([subject]) =>
      Promise.resolve(
        ISSUED.some((token) => subjectOf(token) === subject)
          ? { publicId: 'tqt_x', principal: 'reports', scopes: [], state: 'active' as const }
          : undefined,
      ),
    fingerprintKeys: TEST_FINGERPRINT_KEYS,
    inventory: { lookup: () => undefined },
    emit: (event) => events.push(event),
  });
  const isProxy = compileProxies(['127.0.0.1/32']);
  const { url, stop } = await GUARDS[guard]({ gateway, isProxy, connections }, reached);
  return {
    url,
    map,
    connections,
    events,
    reached,
    shut,
    refuse(token, more = {}) {
      map.join({
        subject: subjectOf(token),
        credentialId: 'reports-token',
        version: 1,
        status: 'quarantine',
        mode: 'deny-all',
        allow: [],
        incidentId: 'incident/reports-token/1',
        reason: 'test',
        since: 1,
        ...more,
      });
    },
    async stop() {
      connections.stop();
      await stop();
    },
  };
}

/** Tokens that the issuer knows. */
export const ISSUED = ['token-a', 'token-b', 'token-c'];

interface Served {
  readonly url: string;
  stop(): Promise<void>;
}

/** An endless stream of server-sent events: one every 20 ms. */
function stream(response: { write(text: string): unknown; on(event: 'close', listener: () => void): unknown }): void {
  response.write('data: first\n\n');
  const timer = setInterval(() => response.write('data: tick\n\n'), TICK_MS);
  response.on('close', () => clearInterval(timer));
}

function addRoutes(app: FastifyInstance, reached: string[]): void {
  app.get('/reports/:id', (request) => {
    reached.push(request.url);
    return { principal: request.headers['x-tourniquet-principal'] };
  });
  app.get('/stream', (request, reply) => {
    reached.push(request.url);
    reply.hijack();
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream' });
    stream(reply.raw);
  });
}

async function listening(app: FastifyInstance): Promise<Served> {
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return { url, stop: () => app.close() };
}

async function guardWithFastify(options: GatewayMiddlewareOptions, reached: string[]): Promise<Served> {
  const app = Fastify({ forceCloseConnections: true });
  await app.register(tourniquetGateway, options);
  addRoutes(app, reached);
  return listening(app);
}

async function guardWithExpress(options: GatewayMiddlewareOptions, reached: string[]): Promise<Served> {
  const app = express();
  app.use(tourniquetMiddleware(options));
  app.get('/reports/:id', (request, response) => {
    reached.push(request.url);
    response.json({ principal: request.headers['x-tourniquet-principal'] });
  });
  app.get('/stream', (request, response) => {
    reached.push(request.url);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    stream(response);
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

async function guardByProxy(options: GatewayMiddlewareOptions, reached: string[]): Promise<Served> {
  const service = Fastify({ forceCloseConnections: true });
  addRoutes(service, reached);
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
