import { createHash, randomBytes } from 'node:crypto';
import Fastify, { type FastifyRequest } from 'fastify';

interface ForgeToken {
  readonly id: number;
  readonly name: string;
  readonly user: string;
  readonly scopes: readonly string[];
  readonly hash: string;
  readonly token_last_eight: string;
  last_used_at: string;
}

const SCOPE =
  /^(?:all|public-only|(?:read|write):(?:activitypub|admin|issue|misc|notification|organization|package|repository|user))$/;

/**
 * A stand-in of Gitea 1.26: personal access tokens by its API, in its wire format (paths, statuses, names unique for a user, lists that never show a
 * value and end after fifty, last use), since building the real one takes five minutes.
 */
export async function startGitForge() {
  const admin = `root:canary-${randomBytes(12).toString('hex')}`;
  const tokens = new Map<number, ForgeToken>();
  const state = { accepted: true, created: 0 };
  const app = Fastify({ forceCloseConnections: true });

  const isAdmin = ({ headers }: FastifyRequest): boolean =>
    state.accepted && headers.authorization === `Basic ${Buffer.from(admin).toString('base64')}`;
  const ofUser = (request: FastifyRequest): ForgeToken[] => {
    const { user } = request.params as { user: string };
    return [...tokens.values()].filter((token) => token.user === user);
  };
  const shown = ({ hash: _hash, user: _user, ...token }: ForgeToken) => ({ ...token, sha1: '' });
  const find = (secret: string): ForgeToken | undefined =>
    [...tokens.values()].find(({ hash }) => hash === hashOf(secret));

  app.addHook('preHandler', (request, reply, done) => {
    if (request.url === '/api/v1/user' || isAdmin(request)) done();
    else void reply.code(401).send({ message: 'invalid username, password or token' });
  });
  app.get('/api/v1/admin/users', () => [{ id: 1, login: 'root', is_admin: true }]);
  app.get('/api/v1/users/:user/tokens', (request) => ofUser(request).reverse().slice(0, 50).map(shown));
  app.post('/api/v1/users/:user/tokens', (request, reply) => {
    const { name, scopes } = request.body as { name: string; scopes: string[] };
    if (ofUser(request).some((token) => token.name === name))
      return reply.code(400).send({ message: 'access token name has been used already' });
    if (!scopes?.length || !scopes.every((scope) => SCOPE.test(scope)))
      return reply.code(400).send({ message: 'invalid access token scope provided' });
    const secret = randomBytes(20).toString('hex');
    const token: ForgeToken = {
      id: ++state.created,
      name,
      user: (request.params as { user: string }).user,
      scopes,
      hash: hashOf(secret),
      token_last_eight: secret.slice(-8),
      last_used_at: '1970-01-01T00:00:00Z',
    };
    tokens.set(token.id, token);
    return reply.code(201).send({ ...shown(token), sha1: secret });
  });
  app.delete('/api/v1/users/:user/tokens/:token', (request, reply) => {
    const { token: wanted } = request.params as { token: string };
    const found = ofUser(request).find(({ id, name }) => String(id) === wanted || name === wanted);
    return reply.code(found && tokens.delete(found.id) ? 204 : 404).send();
  });
  app.get('/api/v1/user', (request, reply) => {
    const token = find(/^token (?<secret>\w+)$/.exec(request.headers.authorization ?? '')?.groups?.['secret'] ?? '');
    if (!token) return reply.code(401).send({ message: 'invalid username, password or token' });
    token.last_used_at = new Date().toISOString();
    const mayRead = token.scopes.some((scope) => scope === 'all' || scope.endsWith(':user'));
    return reply
      .code(mayRead ? 200 : 403)
      .send(mayRead ? { login: token.user } : { message: 'token does not have at least one of required scope(s)' });
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return { url, port: Number(new URL(url).port), admin, tokens, state, find, stop: () => app.close() };
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
