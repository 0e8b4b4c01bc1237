import type { FastifyInstance, FastifyRequest } from 'fastify';
import { OUTCOME_HEADER, SUBJECT_HEADER } from '../domain/gateway-headers';
import type { GatewayDecision } from './gateway';
import { refuse, type AuthorizationOptions } from './fastify-plugin';
import { foundHeaders, gatewayRequest, headerText, pathOf, type Asked } from './http-request';

/**
 * The HTTP authorization endpoint other gateways ask: `GET /authorize` for nginx `auth_request` (the original request in
 * X-Original-Method and X-Original-URI), and any method on `/authorize/<original path>` for Envoy's ext_authz HTTP service with
 * path prefix `/authorize`. 200 with the headers of principal and scopes allows, 401 refuses, 503 says that nobody can tell now. What the proxy's
 * access log is to name the credential by comes as a header, too, but only to a listed proxy: those hand it to nobody.
 */
export function installAuthorizeEndpoint(app: FastifyInstance, options: AuthorizationOptions): void {
  app.route({
    method: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    url: '/authorize*',
    // Before a body is read: Envoy passes the content type of the original request on, and sends no body with it.
    onRequest: async (request, reply) => {
      const asked = originalRequest(request);
      const decision = await options.gateway.authorize(gatewayRequest(request.raw, options.isProxy, asked));
      if (options.isProxy(request.socket.remoteAddress ?? '')) void reply.headers(forTheLog(decision));
      if (!decision.allowed) return refuse(reply, decision);
      return reply.code(200).headers(foundHeaders(decision)).send();
    },
    handler: () => undefined,
  });
}

function forTheLog(decision: GatewayDecision): Record<string, string> {
  if (!('subject' in decision)) return {};
  return { [SUBJECT_HEADER]: decision.subject, [OUTCOME_HEADER]: decision.allowed ? 'accepted' : decision.reason };
}

/** The headers count only in nginx's form: under Envoy's prefix they would be the client's own, and could hide a write. */
function originalRequest(request: FastifyRequest): Asked {
  const asked = pathOf(request.url).slice('/authorize'.length);
  if (asked !== '') return { method: request.method, path: asked };
  const path = headerText(request.raw, 'x-original-uri') ?? '/';
  return { method: headerText(request.raw, 'x-original-method') ?? request.method, path: pathOf(path) };
}
