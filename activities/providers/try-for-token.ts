import type { Credential } from '../../domain/credential';
import { IncidentError } from '../../domain/errors';
import type { TokenAnswer } from './oauth-tokens';

/**
 * Uses a version as a dependent does, and ends the token that it was given.
 * @throws IncidentError REPLACEMENT_REJECTED when it gets none, or one with less than the credential's scopes; PROVIDER_UNAVAILABLE
 */
export async function tryForToken(
  { account, scopes: wanted }: Pick<Credential, 'account' | 'scopes'>,
  version: string,
  place: { present(): Promise<TokenAnswer>; endToken(answer: TokenAnswer): Promise<void> },
): Promise<void> {
  const rejected = (reply: string) => new IncidentError('REPLACEMENT_REJECTED', { version, reply });
  const answer = await place.present();
  if (answer.is === 'no answer')
    throw new IncidentError('PROVIDER_UNAVAILABLE', { account, version, retryAfterMs: answer.retryAfterMs });
  if (answer.is !== 'accepted' || answer.token === undefined) throw rejected('its request for a token is refused');
  await place.endToken(answer);
  // A server that gives less than was asked for says what it gave (RFC 6749, 5.1).
  const scopes = answer.scope?.split(' ') ?? wanted;
  const missing = wanted.filter((scope) => !scopes.includes(scope));
  if (missing.length > 0) throw rejected(`without the scope ${missing.join(' ')}`);
}
