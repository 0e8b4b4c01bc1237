import { createHash, createHmac, randomBytes } from 'node:crypto';
import Fastify, { type FastifyRequest } from 'fastify';
import { httpAccount, type HttpSettings } from '../../activities/providers/http-account';

interface Token {
  readonly id: string;
  readonly label: string;
  readonly principal: string;
  readonly scopes: readonly string[];
  readonly hash: string;
  disabled: boolean;
}

/** A system that nobody has written a provider for: tokens, managed by HTTP, whose values it makes and shows once. */
export async function startTokenServer() {
  const admin = randomBytes(16).toString('hex');
  const signingKey = randomBytes(16).toString('hex');
  const tokens = new Map<string, Token>();
  const state = { accepted: true, created: 0, afterCreate: (): unknown => undefined };
  const app = Fastify({ forceCloseConnections: true });
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => done(null, body));

  const isAdmin = ({ headers, method, body }: FastifyRequest): boolean => {
    const text = typeof body === 'string' ? body : '';
    const signed = createHmac('sha256', signingKey)
      .update(`${method}.${String(headers['x-timestamp'])}.${text}`)
      .digest('hex');
    return state.accepted && headers.authorization === `Bearer ${admin}` && headers['x-signature'] === `v1=${signed}`;
  };
  const shown = ({ hash: _hash, ...token }: Token) => token;
  const idOf = (request: FastifyRequest): string => (request.params as { id: string }).id;

  app.addHook('preHandler', (request, reply, done) => {
    if (request.url.startsWith('/admin') && !isAdmin(request)) void reply.code(401).send();
    else done();
  });
  app.get('/admin/me', () => ({ name: 'tourniquet' }));
  app.get('/admin/tokens', (request) => {
    const { label } = request.query as { label?: string };
    return { items: [...tokens.values()].filter((token) => label === 'all' || token.label === label).map(shown) };
  });
  app.post('/admin/tokens', async (request, reply) => {
    const { label, principal, scopes } = JSON.parse(String(request.body)) as Token;
    const [id, secret] = [`t${++state.created}`, randomBytes(24).toString('base64url')];
    tokens.set(id, { id, label, principal, scopes, hash: hashOf(secret), disabled: false });
    await state.afterCreate();
    return reply.code(201).send({ token: { id, secret } });
  });
  app.get('/admin/tokens/:id', (request, reply) => {
    const token = tokens.get(idOf(request));
    return token ? shown(token) : reply.code(404).send();
  });
  app.patch('/admin/tokens/:id', (request, reply) => {
    const token = tokens.get(idOf(request));
    if (!token) return reply.code(404).send();
    token.disabled = (JSON.parse(String(request.body)) as Token).disabled;
    return shown(token);
  });
  app.delete('/admin/tokens/:id', (request, reply) => reply.code(tokens.delete(idOf(request)) ? 204 : 404).send());
  const accepts = (secret: string): boolean =>
    [...tokens.values()].some((token) => token.hash === hashOf(secret) && !token.disabled);
  app.get('/me', (request, reply) => reply.code(accepts(String(request.headers['x-api-key'])) ? 200 : 401).send());
  const url = await app.listen({ host: '127.0.0.1', port: 0 });

  return {
    url,
    port: Number(new URL(url).port),
    admin,
    signingKey,
    tokens,
    state,
    accepts,
    stop: () => app.close(),
    /** What its settings say, where it is reached at these addresses. */
    declare(adminUrl = url, useUrl = url): HttpSettings {
      const headers = { authorization: 'Bearer {admin}' };
      const one = `${adminUrl}/admin/tokens/{id}`;
      const {
        adminFile: _adminFile,
        signing,
        ...declared
      } = httpAccount.parse({
        signing: {
          header: 'x-signature',
          over: '{method}.{timestamp}.{body}',
          timestampHeader: 'x-timestamp',
          prefix: 'v1=',
          keyFile: '/somewhere',
        },
        probe: { method: 'GET', url: `${adminUrl}/admin/me`, headers },
        create: {
          method: 'POST',
          url: `${adminUrl}/admin/tokens`,
          headers,
          body: { label: '{label}', principal: '{principal}', scopes: '{scopes}' },
        },
        gives: { id: '/token/id', secret: '/token/secret' },
        list: { method: 'GET', url: `${adminUrl}/admin/tokens?label={label}`, headers },
        listed: { items: '/items', label: '/label', id: '/id' },
        find: { method: 'GET', url: one, headers },
        disabled: { at: '/disabled', is: true },
        disable: { method: 'PATCH', url: one, headers, body: { disabled: true } },
        enable: { method: 'PATCH', url: one, headers, body: { disabled: false } },
        delete: { method: 'DELETE', url: one, headers },
        present: { method: 'GET', url: `${useUrl}/me`, headers: { 'x-api-key': '{secret}' } },
      });
      const { keyFile: _keyFile, ...sign } = signing ?? { keyFile: '' };
      return {
        ...declared,
        admin,
        signing: { ...(sign as Omit<NonNullable<typeof signing>, 'keyFile'>), key: signingKey },
      };
    },
  };
}

export type TokenServer = Awaited<ReturnType<typeof startTokenServer>>;

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
