import Fastify from 'fastify';

/** A stand-in of the service that docs/adding-a-provider.md adds: keys whose values it is told. */
export async function startKeyServer() {
  const adminToken = 'admin-of-the-key-service';
  const keys = new Map<string, { readonly value: string; enabled: boolean }>();
  const state = { accepted: true };
  const app = Fastify({ forceCloseConnections: true });
  const idOf = ({ params }: { readonly params: unknown }): string => (params as { id: string }).id;
  const accepts = (value: string): boolean => [...keys.values()].some((key) => key.enabled && key.value === value);

  app.addHook('preHandler', (request, reply, done) => {
    const isAdmin = state.accepted && request.headers.authorization === `Bearer ${adminToken}`;
    if (request.url === '/me' || isAdmin) done();
    else void reply.code(401).send();
  });
  app.get('/me', (request, reply) => reply.code(accepts(String(request.headers['x-key'])) ? 200 : 401).send());
  app.get('/admin', () => ({ name: 'tourniquet' }));
  app.get('/keys/:id', (request, reply) => {
    const key = keys.get(idOf(request));
    return key ? { enabled: key.enabled } : reply.code(404).send();
  });
  app.put('/keys/:id', (request, reply) => {
    if (keys.has(idOf(request))) return reply.code(409).send();
    keys.set(idOf(request), { value: (request.body as { value: string }).value, enabled: true });
    return reply.code(201).send();
  });
  app.patch('/keys/:id', (request, reply) => {
    const key = keys.get(idOf(request));
    if (key) key.enabled = (request.body as { enabled: boolean }).enabled;
    return reply.code(key ? 200 : 404).send();
  });
  app.delete('/keys/:id', (request, reply) => reply.code(keys.delete(idOf(request)) ? 204 : 404).send());
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return { port: Number(new URL(url).port), adminToken, keys, state, accepts, stop: () => app.close() };
}
