import Fastify from 'fastify';
import { httpAccount, type HttpSettings } from '../../activities/providers/http-account';

/** A system that nobody has written a provider for: users, managed by HTTP, whose passwords are told to it. */
export async function startUserServer() {
  const users = new Map<string, string>();
  const app = Fastify({ forceCloseConnections: true });
  const nameOf = (params: unknown): string => (params as { name: string }).name;
  app.get('/me', (_request, reply) => reply.send({}));
  app.get('/users/:name', ({ params }, reply) => reply.code(users.has(nameOf(params)) ? 200 : 404).send());
  app.put('/users/:name', ({ params, body }, reply) => {
    users.set(nameOf(params), (body as { password: string }).password);
    return reply.code(204).send();
  });
  app.delete('/users/:name', ({ params }, reply) => reply.code(users.delete(nameOf(params)) ? 204 : 404).send());
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const settings: HttpSettings = httpAccount
    .transform(({ adminFile: _adminFile, signing: _signing, ...declared }): HttpSettings => declared)
    .parse({
      probe: { method: 'GET', url: `${url}/me` },
      create: { method: 'PUT', url: `${url}/users/{principal}-v{version}`, body: { password: '{secret}' } },
      gives: { id: '{principal}-v{version}' },
      find: { method: 'GET', url: `${url}/users/{id}` },
      delete: { method: 'DELETE', url: `${url}/users/{id}` },
      present: { method: 'GET', url: `${url}/me`, headers: { authorization: 'Basic {secret|base64}' } },
    });
  return { users, settings, stop: () => app.close() };
}
