import { randomBytes, randomUUID } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { ApiToken } from '../activities/store/token-store';
import type { Subject } from '../domain/subject';
import { formatToken, tokenPublicId } from '../domain/token-format';
import { tokenStateAt } from '../domain/token-state';
import type { UsageEvent } from '../domain/usage-event';
import { firstOf } from './find-versions';
import type { ApiParts } from './server';
import { ACCESS_TOKEN, refusal, type TokenRefusal, type TokenWish } from './token-request';
import { nameOf } from '../domain/name-of';

export type DerivationParts = Pick<ApiParts, 'childTokens' | 'inventory' | 'fingerprintsOf' | 'log'>;

interface DerivedToken {
  readonly outcome: 'accepted';
  readonly publicId: string;
  readonly answer: object;
}

export async function deriveToken(
  { childTokens, fingerprintsOf, log }: DerivationParts,
  from: { readonly wish: TokenWish; readonly parent: ApiToken; readonly subjects: readonly [Subject, ...Subject[]] },
): Promise<DerivedToken | RefusedDerivation> {
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

/** Of one that nobody was given. Left there, it would count among those that may live, and in an outage of a minute they would be as many as may. */
export async function takeBack({ childTokens, log }: DerivationParts, { publicId }: DerivedToken): Promise<void> {
  try {
    await childTokens.forget(publicId);
    log.warn(
      { token: publicId },
      'a token that was derived is removed: its use could not be stored, and nobody was given it',
    );
  } catch (error) {
    // Not thrown: whoever asked is told why there is none for them.
    log.error(
      { token: publicId, error: nameOf(error) },
      'a token that was derived, and that nobody was given, could not be removed: it counts among those that may live until it is over',
    );
  }
}

interface RefusedDerivation {
  /** Of the token that was shown, which may be good. */
  readonly outcome: UsageEvent['outcome'];
  readonly answer: TokenRefusal;
}

/** The same of every token that does not work: who is contained, and why, is not said. */
const NOT_ACCEPTED = refusal('invalid_request', 'the subject token is not accepted');
export const CONTAINED: RefusedDerivation = { outcome: 'contained', answer: NOT_ACCEPTED };
const NOT_KNOWN: RefusedDerivation = { outcome: 'authentication', answer: NOT_ACCEPTED };
const FULL: RefusedDerivation = {
  outcome: 'accepted',
  answer: refusal('invalid_request', 'as many tokens as may live were derived from the subject token'),
};

/** The token that was shown, where what is wished may be derived from it. */
export function parentOrRefusal(shown: ApiToken | undefined, { scopes }: TokenWish): ApiToken | RefusedDerivation {
  if (!shown || tokenStateAt(shown, Date.now()) !== 'active') return NOT_KNOWN;
  if (shown.parentSubjects)
    return { outcome: 'authorization', answer: refusal('invalid_request', 'a derived token can derive none') };
  if (scopes.every((scope) => shown.scopes.includes(scope))) return shown;
  const answer = refusal('invalid_scope', 'the subject token does not have all of these scopes');
  return { outcome: 'authorization', answer };
}

/** That it was shown is a use of the token that is derived from. After a new key was put first, older versions are still known by another's fingerprint. */
export async function useOfParent(
  { inventory }: DerivationParts,
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
