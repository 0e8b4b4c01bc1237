import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import type { ProxyList } from './client-address';
import type { Gateway, GatewayDecision } from './gateway';
import { gatewayRequest, pathOf, refusalOf, tellService } from './http-request';
import type { OpenConnections } from './open-connections';

export interface AuthorizationOptions {
  readonly gateway: Gateway;
  readonly isProxy: ProxyList;
}

export interface GatewayMiddlewareOptions extends AuthorizationOptions {
  /** Ends what is open when its credential is refused. */
  readonly connections: OpenConnections;
}

/** Fastify middleware: every request of the encapsulating instance is authorized before its body is read. */
export const tourniquetGateway = fastifyPlugin(
  (app: FastifyInstance, options: GatewayMiddlewareOptions, done: () => void) => {
    app.addHook('onRequest', async (request, reply) => {
      const asked = { method: request.method, path: pathOf(request.url), route: routeOf(request) };
      const decision = await options.gateway.authorize(gatewayRequest(request.raw, options.isProxy, asked));
      if (!decision.allowed) return refuse(reply, decision);
      options.connections.hold(request.raw.socket, reply.raw, decision.use);
      tellService(request.headers, decision);
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

export function refuse(reply: FastifyReply, decision: Extract<GatewayDecision, { allowed: false }>): FastifyReply {
  const { status, headers, body } = refusalOf(decision);
  return reply.code(status).headers(headers).send(body);
}
