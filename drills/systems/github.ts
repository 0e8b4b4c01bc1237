import { randomInt } from 'node:crypto';
import Fastify, { type FastifyRequest } from 'fastify';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const MOST_TOKENS = 1_000;
const MOST_CALLS = 60;
const HOUR_S = 3_600;

/**
 * A stand-in of GitHub's REST API (2022-11-28) in its wire format: what a token may see, and `POST /credentials/revoke`, which needs no login, takes 1,000 tokens a call and
 * 60 calls an hour, answers 202 and acts a moment later. `revokedAfterMs`: that moment.
 */
export async function startGithub({ revokedAfterMs = 50 }: { readonly revokedAfterMs?: number } = {}) {
  /** Tokens that work, each with its owner. */
  const tokens = new Map<string, string>();
  /** How many tokens each call to revoke has named. */
  const calls: number[] = [];
  /** `isTired`: it tells nobody whether a token works, as after too many that did not. */
  const state = { isTired: false };
  const app = Fastify({ forceCloseConnections: true, bodyLimit: 1024 * 1024 });

  const ownerOf = ({ headers }: FastifyRequest): string | undefined =>
    tokens.get(/^(?:Bearer|token) (?<token>\w+)$/.exec(headers.authorization ?? '')?.groups?.['token'] ?? '');
  app.addHook('preHandler', (request, reply, done) => {
    const isRefused = request.headers.authorization !== undefined && ownerOf(request) === undefined;
    if (request.headers['user-agent'] === undefined)
      void reply.code(403).send({ message: 'Request forbidden by administrative rules.' });
    else if (state.isTired && request.headers.authorization !== undefined)
      void reply.code(403).send({ message: 'You have exceeded a secondary rate limit.', status: '403' });
    else if (isRefused) void reply.code(401).send({ message: 'Bad credentials', status: '401' });
    else done();
  });
  app.get('/rate_limit', (request) => {
    const limit = ownerOf(request) === undefined ? 60 : 5_000;
    return { rate: { limit, used: 0, remaining: limit, reset: Math.floor(Date.now() / 1_000) + HOUR_S } };
  });
  app.get('/user', (request, reply) => {
    const login = ownerOf(request);
    return login === undefined
      ? reply.code(401).send({ message: 'Requires authentication', status: '401' })
      : { login };
  });
  app.post('/credentials/revoke', (request, reply) => {
    const { credentials } = (request.body ?? {}) as { credentials?: unknown };
    if (!Array.isArray(credentials) || credentials.length === 0 || credentials.length > MOST_TOKENS)
      return reply.code(422).send({ message: 'Validation Failed', status: '422' });
    if (calls.length >= MOST_CALLS)
      return reply.code(429).header('retry-after', '60').send({ message: 'API rate limit exceeded', status: '429' });
    calls.push(credentials.length);
    setTimeout(() => credentials.forEach((token) => tokens.delete(String(token))), revokedAfterMs).unref();
    return reply.code(202).send({});
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });

  return {
    url,
    port: Number(new URL(url).port),
    tokens,
    calls,
    state,
    /** What a person does in the browser. Resolves to the token, which is shown once. */
    issue(login: string): string {
      const token = `ghp_${Array.from({ length: 36 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')}`;
      tokens.set(token, login);
      return token;
    },
    stop: () => app.close(),
  };
}
