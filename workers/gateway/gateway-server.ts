import httpProxy from '@fastify/http-proxy';
import Fastify, { type FastifyInstance } from 'fastify';
import { installAuthorizeEndpoint } from '../../enforcement/authorize-endpoint';
import { tourniquetGateway, type GatewayMiddlewareOptions } from '../../enforcement/fastify-plugin';
import { installHealthRoutes, type Health } from './health-routes';

/** What a gateway answers to; with an upstream it is a reverse proxy beside. The caller listens. */
export async function createGatewayServer(
  options: GatewayMiddlewareOptions & { readonly upstream: string | undefined; readonly health: Health },
): Promise<FastifyInstance> {
  const { gateway, isProxy, connections, upstream, health } = options;
  const app = Fastify({ forceCloseConnections: true });
  installHealthRoutes(app, health);
  installAuthorizeEndpoint(app, { gateway, isProxy });
  if (upstream) {
    await app.register(async (proxied) => {
      await proxied.register(tourniquetGateway, { gateway, isProxy, connections });
      await proxied.register(httpProxy, { upstream, prefix: '/' });
    });
  }
  return app;
}
