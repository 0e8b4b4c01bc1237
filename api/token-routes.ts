import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Queue } from '../domain/queue';
import { failureLimit, limitOf } from './authenticate';
import { CONTAINED, deriveToken, parentOrRefusal, takeBack, useOfParent, type DerivationParts } from './derive-token';
import { problem } from './problem';
import type { ApiParts } from './server';
import { readTokenRequest, type TokenRefusal } from './token-request';

type Parts = DerivationParts & Pick<ApiParts, 'tokens' | 'isContained' | 'storeUsage'>;

/** More than the longest request takes. */
const BODY_LIMIT = 16_384;

/** So many derivations from one token a minute: a service that starts a thousand workers needs two, and whoever has stolen it keeps no process busy. */
export const MOST_DERIVATIONS = { max: 600, timeWindow: 60_000 } as const;

/**
 * Where whoever holds a token of the api-token provider derives one from it, with no more scopes and a short life (RFC 8693). Nobody has a key for
 * this: the token itself is shown, which is a use of it like any other.
 */
export async function installTokenRoutes(app: FastifyInstance, parts: Parts): Promise<void> {
  await app.register(rateLimit, { global: false });
  const failures = failureLimit(app);
  const parents = new WeakMap<FastifyRequest, string>();
  const derivations = limitOf(
    app.createRateLimit({ ...MOST_DERIVATIONS, keyGenerator: (request) => parents.get(request) ?? '' }),
  );
  const queue = new Queue();
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: BODY_LIMIT },
    (_request, body, done) => done(null, new URLSearchParams(body.toString())),
  );

  app.post('/v1/token', async (request, reply) => {
    void reply.header('cache-control', 'no-store');
    const wish = readTokenRequest(request.body instanceof URLSearchParams ? request.body : new URLSearchParams());
    if ('error' in wish) return refuse(reply, wish);
    const own = parts.fingerprintsOf(wish.token);
    const shown = await parts.tokens.find(own);
    // Of the token whose use this is.
    const subjects = shown?.parentSubjects ?? own;
    // Without it a token that was refused a moment ago would go on making others.
    const isContained = parts.isContained([...own, ...subjects]);
    if (isContained === undefined) return problem(reply.header('retry-after', '1'), 'DENYLIST_STALE');

    const parent = isContained ? CONTAINED : parentOrRefusal(shown, wish);
    const isRefused = 'answer' in parent;
    if (!isRefused) parents.set(request, parent.publicId);
    const waitSeconds = await (isRefused ? failures : derivations)(request);
    if (waitSeconds !== undefined) return problem(reply.header('retry-after', String(waitSeconds)), 'RATE_LIMITED');
    // All wait for one connection to the database: whoever derives must not keep those that read a replacement from theirs.
    const derived = isRefused ? parent : await queue.run(() => deriveToken(parts, { wish, parent, subjects: own }));
    try {
      // Before it is given to anybody: no token lives that the detectors could not know of.
      await parts.storeUsage([await useOfParent(parts, { subjects, request, outcome: derived.outcome })]);
    } catch (error) {
      if ('publicId' in derived) await queue.run(() => takeBack(parts, derived));
      throw error;
    }
    return 'publicId' in derived ? reply.code(200).send(derived.answer) : refuse(reply, derived.answer);
  });
}

function refuse(reply: FastifyReply, body: TokenRefusal): FastifyReply {
  return reply.code(400).send(body);
}
