import Fastify, { type FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { ApiKeyStore } from '../activities/store/api-keys';
import { IncidentError, type ErrorCode } from '../domain/errors';
import type { Inventory, SecretStore } from '../domain/ports/stores';
import { authenticate } from './authenticate';
import { problem } from './problem';
import { installSecretRoutes } from './secret-routes';

export interface ApiParts {
  readonly apiKeys: ApiKeyStore;
  readonly inventory: Inventory;
  readonly secrets: SecretStore;
  readonly log: Logger;
}

/** What is missing is the caller's affair; every other failure is ours. */
const NOT_FOUND = new Set<ErrorCode>(['CREDENTIAL_UNKNOWN', 'VERSION_UNKNOWN', 'SECRET_NOT_FOUND', 'INCIDENT_UNKNOWN']);

/** The HTTP API. Everything but `/healthz` needs a key. The caller listens, on loopback by default. */
export function createApi(parts: ApiParts): FastifyInstance {
  const app = Fastify({ bodyLimit: 1_048_576 });
  app.get('/healthz', () => ({ status: 'ok' }));
  void app.register((protectedApi, _options, done) => {
    protectedApi.addHook('onRequest', authenticate(parts.apiKeys));
    installSecretRoutes(protectedApi, parts);
    done();
  });
  app.setErrorHandler((error, request, reply) => {
    const code = error instanceof IncidentError ? error.code : undefined;
    parts.log.warn({ method: request.method, route: request.routeOptions.url, code }, 'a request failed');
    return code ? problem(reply, NOT_FOUND.has(code) ? 404 : 500, code) : problem(reply, 500, 'INTERNAL');
  });
  return app;
}
