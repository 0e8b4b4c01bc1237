import Fastify, { type FastifyInstance } from 'fastify';
import { z } from 'zod';
import { statusOf, type ManagedUse } from './dependent-service';
import { isSameSecret } from '../../domain/same-secret';

const reloadRequest = z.object({ credential: z.string(), version: z.number().int().positive() });
const statusRequest = z.object({ credential: z.string() });

/**
 * What the `reload-hook` dependent talks to: `POST /reload` changes to a version, `GET /status` tells which one is in use and
 * whether it works. Both need the hook key. The caller listens.
 */
export function createReloadHook(hookKey: string, uses: ReadonlyMap<string, ManagedUse>): FastifyInstance {
  const app = Fastify({ bodyLimit: 4_096 });

  app.addHook('onRequest', async (request, reply) => {
    if (!isSameSecret(request.headers.authorization ?? '', `Bearer ${hookKey}`))
      return reply.code(401).send({ code: 'UNAUTHENTICATED' });
    return undefined;
  });

  app.post('/reload', async (request, reply) => {
    const parsed = reloadRequest.safeParse(request.body);
    const use = parsed.success ? uses.get(parsed.data.credential) : undefined;
    if (!parsed.success || !use) return reply.code(404).send({ code: 'CREDENTIAL_UNKNOWN' });
    await use.credential.use(parsed.data.version);
    return { version: use.credential.held.version };
  });

  app.get('/status', async (request, reply) => {
    const parsed = statusRequest.safeParse(request.query);
    const use = parsed.success ? uses.get(parsed.data.credential) : undefined;
    if (!parsed.success || !use) return reply.code(404).send({ code: 'CREDENTIAL_UNKNOWN' });
    return { credential: parsed.data.credential, ...(await statusOf(use)) };
  });

  return app;
}
