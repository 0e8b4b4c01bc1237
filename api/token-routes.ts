import { randomBytes, randomUUID } from 'node:crypto';
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ApiToken } from '../activities/store/token-store';
import { Queue } from '../domain/queue';
import type { Subject } from '../domain/subject';
import { formatToken, tokenPublicId } from '../domain/token-format';
import { tokenStateAt } from '../domain/token-state';
import type { UsageEvent } from '../domain/usage-event';
import { failureLimit, limitOf } from './authenticate';
import { firstOf } from './find-versions';
import { problem } from './problem';
import type { ApiParts } from './server';
import { ACCESS_TOKEN, readTokenRequest, refusal, type TokenRefusal, type TokenWish } from './token-request';

type Parts = Pick<
  ApiParts,
  'tokens' | 'childTokens' | 'inventory' | 'fingerprintsOf' | 'isContained' | 'storeUsage' | 'log'
>;

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
    const parent = await parts.tokens.find(own);
    const subjects = parent?.parentSubjects ?? own;
    // Without it a token that was refused a moment ago would go on making others.
    const isContained = parts.isContained([...own, ...subjects]);
    if (isContained === undefined) return problem(reply.header('retry-after', '1'), 'DENYLIST_STALE');

    const from = isContained ? CONTAINED : derivable(parent, wish);
    const isRefused = 'answer' in from;
    if (!isRefused) parents.set(request, from.publicId);
    const waitSeconds = await (isRefused ? failures : derivations)(request);
    if (waitSeconds !== undefined) return problem(reply.header('retry-after', String(waitSeconds)), 'RATE_LIMITED');
    // All wait for one connection to the database: whoever derives must not keep those that read a replacement from theirs.
    const derived = isRefused ? from : await queue.run(() => derive(parts, { wish, parent: from, subjects: own }));
    try {
      // Before it is given to anybody: no token lives that the detectors could not know of.
      await parts.storeUsage([await useOf(parts, { subjects, request, outcome: derived.outcome })]);
    } catch (error) {
      // Left there, it would count among those that may live, and in an outage of a minute they would be as many as may.
      if ('publicId' in derived) await parts.childTokens.forget(derived.publicId).catch(() => undefined);
      throw error;
    }
    return 'publicId' in derived ? reply.code(200).send(derived.answer) : refuse(reply, derived.answer);
  });
}

interface Derived {
  readonly outcome: 'accepted';
  readonly publicId: string;
  readonly answer: object;
}

async function derive(
  { childTokens, fingerprintsOf, log }: Parts,
  from: { readonly wish: TokenWish; readonly parent: ApiToken; readonly subjects: readonly [Subject, ...Subject[]] },
): Promise<Derived | Refused> {
  const { wish, parent, subjects } = from;
  const token = formatToken(randomBytes);
  const publicId = tokenPublicId(token) ?? '';
  const kept = await childTokens.keep({
    fingerprint: fingerprintsOf(token)[0],
    publicId,
    parent: parent.publicId,
    parentSubjects: subjects,
    scopes: wish.scopes,
    seconds: wish.seconds,
  });
  if (kept === 'dead') return NOT_KNOWN;
  if (kept === 'full') return FULL;
  log.info({ parent: parent.publicId, token: publicId, seconds: kept.livesSeconds }, 'a token was derived');
  const answer = {
    access_token: token,
    issued_token_type: ACCESS_TOKEN,
    token_type: 'Bearer',
    expires_in: kept.livesSeconds,
    scope: wish.scopes.join(' '),
  };
  return { outcome: 'accepted', publicId, answer };
}

interface Refused {
  /** Of the token that was shown, which may be good. */
  readonly outcome: UsageEvent['outcome'];
  readonly answer: TokenRefusal;
}

/** The same of every token that does not work: who is contained, and why, is not said. */
const NOT_ACCEPTED = refusal('invalid_request', 'the subject token is not accepted');
const CONTAINED: Refused = { outcome: 'contained', answer: NOT_ACCEPTED };
const NOT_KNOWN: Refused = { outcome: 'authentication', answer: NOT_ACCEPTED };
const FULL: Refused = {
  outcome: 'accepted',
  answer: refusal('invalid_request', 'as many tokens as may live were derived from the subject token'),
};

/** The token itself, where this may be derived from it. */
function derivable(parent: ApiToken | undefined, { scopes }: TokenWish): ApiToken | Refused {
  if (!parent || tokenStateAt(parent, Date.now()) !== 'active') return NOT_KNOWN;
  if (parent.parentSubjects)
    return { outcome: 'authorization', answer: refusal('invalid_request', 'a derived token can derive none') };
  if (scopes.every((scope) => parent.scopes.includes(scope))) return parent;
  const answer = refusal('invalid_scope', 'the subject token does not have all of these scopes');
  return { outcome: 'authorization', answer };
}

function refuse(reply: FastifyReply, body: TokenRefusal): FastifyReply {
  return reply.code(400).send(body);
}

/** After a new key was put first, older versions are still known by another's fingerprint. */
async function useOf(
  { inventory }: Parts,
  use: {
    readonly subjects: readonly [Subject, ...Subject[]];
    readonly request: FastifyRequest;
    readonly outcome: UsageEvent['outcome'];
  },
): Promise<UsageEvent> {
  const { subjects, request, outcome } = use;
  const version = await firstOf(inventory, subjects);
  const subject = subjects.find((one) => version?.subjects.includes(one)) ?? subjects[0];
  const principalKind = version ? (await inventory.credential(version.credentialId)).principalKind : 'unknown';
  return {
    kind: 'usage',
    id: `token/${randomUUID()}`,
    at: Date.now(),
    subject,
    source: 'token-exchange',
    principalKind,
    client: { address: request.ip, agent: (request.headers['user-agent'] ?? '').slice(0, 512) },
    action: { kind: 'write', name: 'POST /v1/token' },
    outcome,
  };
}
