import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GatewayMiddlewareOptions } from './fastify-plugin';
import { gatewayRequest, pathOf, refusalOf, tellService } from './http-request';

/** Express cuts the mount path off `url`; `originalUrl` is what was asked for. */
interface ExpressRequest extends IncomingMessage {
  readonly originalUrl?: string;
}

/** Middleware for Express 5, and for whatever else calls `(request, response, next)`. It needs no Express itself. */
export type ExpressMiddleware = (
  request: ExpressRequest,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/**
 * Express middleware: every request that comes by is authorized before its body is read, so mount it before body parsers. It sees no
 * route templates (routing comes after it): usage events carry one made from the path.
 */
export function tourniquetMiddleware(options: GatewayMiddlewareOptions): ExpressMiddleware {
  return (request, response, next) => {
    const asked = { method: request.method ?? 'GET', path: pathOf(request.originalUrl ?? request.url ?? '/') };
    options.gateway
      .authorize(gatewayRequest(request, options.isProxy, asked))
      .then((decision) => {
        if (!decision.allowed) {
          const { status, headers, body } = refusalOf(decision);
          response.writeHead(status, headers).end(body);
          return;
        }
        options.connections.hold(request.socket, response, decision.use);
        tellService(request.headers, decision);
        next();
      })
      .catch(next);
  };
}
