import { randomBytes, randomUUID } from 'node:crypto';
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ApiToken } from '../activities/store/token-store';
import type { Subject } from '../domain/subject';
import { formatToken, tokenPublicId } from '../domain/token-format';
import { tokenStateAt } from '../domain/token-state';
import type { UsageEvent } from '../domain/usage-event';
import { failureLimit } from './authenticate';
import { problem } from './problem';
import type { ApiParts } from './server';
import { ACCESS_TOKEN, readTokenRequest, refusal, type TokenRefusal, type TokenWish } from './token-request';

type Parts = Pick<
  ApiParts,
  'tokens' | 'childTokens' | 'inventory' | 'fingerprintsOf' | 'denylist' | 'storeUsage' | 'log'
>;

/** More than the longest request takes. */
const BODY_LIMIT = 16_384;

/**
 * Where whoever holds a token of the api-token provider derives one from it, with no more scopes and a short life (RFC 8693). Nobody has a key for
 * this: the token itself is shown, which is a use of it like any other.
 */
export async function installTokenRoutes(app: FastifyInstance, parts: Parts): Promise<void> {
  await app.register(rateLimit, { global: false });
  const limit = failureLimit(app);
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
    // Without it a token that was refused a moment ago would go on making others.
    const denylist = parts.denylist();
    if (!denylist) return problem(reply.header('retry-after', '1'), 'DENYLIST_STALE');

    const own = parts.fingerprintsOf(wish.token);
    const parent = await parts.tokens.find(own);
    const subjects = parent?.parentSubjects ?? own;
    // In whatever mode, and from wherever it comes: a lane is for what a dependent did before, and not for new tokens.
    const isContained = denylist.entries.some(
      ({ subject, status }) => status !== 'lifted' && (own.includes(subject) || subjects.includes(subject)),
    );
    const refused = isContained ? CONTAINED : refusalOf(parent, wish);
    const waitSeconds = refused && (await limit(request));
    if (waitSeconds !== undefined) return problem(reply.header('retry-after', String(waitSeconds)), 'RATE_LIMITED');
    // Before a token is made: none is, that the detectors could not know of.
    const subject = await knownSubject(parts, subjects);
    await parts.storeUsage([useOf(subject, request, refused?.outcome ?? 'accepted')]);
    if (refused || !parent) return refuse(reply, refused?.answer ?? NOT_ACCEPTED);
    return derive(parts, { wish, parent, subjects: own }, reply);
  });
}

async function derive(
  { childTokens, fingerprintsOf, log }: Parts,
  from: { readonly wish: TokenWish; readonly parent: ApiToken; readonly subjects: readonly [Subject, ...Subject[]] },
  reply: FastifyReply,
): Promise<FastifyReply> {
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
  if (kept === 'dead') return refuse(reply, NOT_ACCEPTED);
  if (kept === 'full')
    return refuse(reply, refusal('invalid_request', 'as many tokens as may live were derived from the subject token'));
  log.info({ parent: parent.publicId, token: publicId, seconds: kept.livesSeconds }, 'a token was derived');
  return reply.code(200).send({
    access_token: token,
    issued_token_type: ACCESS_TOKEN,
    token_type: 'Bearer',
    expires_in: kept.livesSeconds,
    scope: wish.scopes.join(' '),
  });
}

interface Refused {
  readonly outcome: Exclude<UsageEvent['outcome'], 'accepted'>;
  readonly answer: TokenRefusal;
}

/** The same of every token that does not work: who is contained, and why, is not said. */
const NOT_ACCEPTED = refusal('invalid_request', 'the subject token is not accepted');
const CONTAINED: Refused = { outcome: 'contained', answer: NOT_ACCEPTED };

function refusalOf(parent: ApiToken | undefined, { scopes }: TokenWish): Refused | undefined {
  if (!parent || tokenStateAt(parent, Date.now()) !== 'active')
    return { outcome: 'authentication', answer: NOT_ACCEPTED };
  if (parent.parentSubjects)
    return { outcome: 'authorization', answer: refusal('invalid_request', 'a derived token can derive none') };
  if (scopes.every((scope) => parent.scopes.includes(scope))) return undefined;
  const answer = refusal('invalid_scope', 'the subject token does not have all of these scopes');
  return { outcome: 'authorization', answer };
}

function refuse(reply: FastifyReply, body: TokenRefusal): FastifyReply {
  return reply.code(400).send(body);
}

/** After a new key was put first, older versions are still known by another's fingerprint. */
async function knownSubject({ inventory }: Parts, subjects: readonly [Subject, ...Subject[]]): Promise<Subject> {
  for (const subject of subjects) if (await inventory.findBySubject(subject)) return subject;
  return subjects[0];
}

function useOf(subject: Subject, request: FastifyRequest, outcome: UsageEvent['outcome']): UsageEvent {
  return {
    kind: 'usage',
    id: `token/${randomUUID()}`,
    at: Date.now(),
    subject,
    source: 'token-exchange',
    principalKind: 'unknown',
    client: { address: request.ip, agent: (request.headers['user-agent'] ?? '').slice(0, 512) },
    action: { kind: 'write', name: 'POST /v1/token' },
    outcome,
  };
}
