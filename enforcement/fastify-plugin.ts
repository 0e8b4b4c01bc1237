import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { PRINCIPAL_HEADER, PROBE_HEADER } from '../domain/gateway-headers';
import { clientAddress, type ProxyList } from './client-address';
import type { Gateway, GatewayDecision } from './gateway';

export interface GatewayPluginOptions {
  readonly gateway: Gateway;
  readonly isProxy: ProxyList;
}

/** Fastify middleware: every request of the encapsulating instance is authorized before its body is read. */
export const tourniquetGateway = fastifyPlugin(
  (app: FastifyInstance, options: GatewayPluginOptions, done: () => void) => {
    app.addHook('onRequest', async (request, reply) => {
      const decision = await options.gateway.authorize({
        token: bearerToken(request),
        address: clientAddress(
          request.socket.remoteAddress ?? '',
          headerText(request, 'x-forwarded-for'),
          options.isProxy,
        ),
        agent: headerText(request, 'user-agent') ?? '',
        method: request.method,
        route: routeOf(request),
        probeMark: headerText(request, PROBE_HEADER),
      });
      if (!decision.allowed) return refuse(reply, decision);
      // What the client claims to be is overwritten by what it was found to be.
      request.headers[PRINCIPAL_HEADER] = decision.principal;
      return undefined;
    });
    done();
  },
  { name: 'tourniquet-gateway', fastify: '5.x' },
);

/** The route's template, which is bounded in number; behind a wildcard, as a proxy's routes are, the path. */
function routeOf(request: FastifyRequest): string {
  const template = request.routeOptions.url;
  return template === undefined || template.endsWith('*') || template === '/' ? pathOf(request.url) : template;
}

/** RFC 6750 section 3: the reason is for the caller; who is contained, and why, is not said. */
export function refuse(reply: FastifyReply, decision: Extract<GatewayDecision, { allowed: false }>): FastifyReply {
  const challenge = decision.reason === 'missing' ? 'Bearer' : 'Bearer error="invalid_token"';
  return reply
    .code(decision.status)
    .header('www-authenticate', challenge)
    .header('connection', 'close')
    .type('application/problem+json')
    .send({ type: 'about:blank', title: 'Unauthorized', status: decision.status, code: 'CREDENTIAL_REFUSED' });
}

export function bearerToken(request: FastifyRequest): string | undefined {
  return /^Bearer (?<token>[\x21-\x7e]{1,4096})$/i.exec(request.headers.authorization ?? '')?.groups?.['token'];
}

export function headerText(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** The path without its query: a query may hold anything, so it never gets into an event. */
export function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? url;
}
