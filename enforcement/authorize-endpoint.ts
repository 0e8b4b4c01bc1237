import type { FastifyInstance, FastifyRequest } from 'fastify';
import { PRINCIPAL_HEADER, PROBE_HEADER } from '../domain/gateway-headers';
import { clientAddress } from './client-address';
import { bearerToken, headerText, pathOf, refuse, type GatewayPluginOptions } from './fastify-plugin';

/**
 * The HTTP authorization endpoint other gateways ask: `GET /authorize` for nginx `auth_request` (the original request in
 * X-Original-Method and X-Original-URI), and any method on `/authorize/<original path>` for Envoy's ext_authz HTTP service with
 * path prefix `/authorize`. 200 with the principal's header allows, 401 refuses.
 */
export function installAuthorizeEndpoint(app: FastifyInstance, options: GatewayPluginOptions): void {
  app.route({
    method: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    url: '/authorize*',
    // Before a body is read: Envoy passes the content type of the original request on, and sends no body with it.
    onRequest: async (request, reply) => {
      const original = originalRequest(request);
      const decision = await options.gateway.authorize({
        token: bearerToken(request),
        address: clientAddress(
          request.socket.remoteAddress ?? '',
          headerText(request, 'x-forwarded-for'),
          options.isProxy,
        ),
        agent: headerText(request, 'user-agent') ?? '',
        probeMark: headerText(request, PROBE_HEADER),
        ...original,
      });
      if (!decision.allowed) return refuse(reply, decision);
      return reply.code(200).header(PRINCIPAL_HEADER, decision.principal).send();
    },
    handler: () => undefined,
  });
}

/** The headers count only in nginx's form: under Envoy's prefix they would be the client's own, and could hide a write. */
function originalRequest(request: FastifyRequest): { readonly method: string; readonly route: string } {
  const asked = pathOf(request.url).slice('/authorize'.length);
  if (asked !== '') return { method: request.method, route: asked };
  const route = headerText(request, 'x-original-uri') ?? '/';
  return { method: headerText(request, 'x-original-method') ?? request.method, route: pathOf(route) };
}
