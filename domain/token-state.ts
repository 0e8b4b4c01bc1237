import type { Subject } from './subject';

/** Whether a token that we issue works, as its record says; `disabled` can be undone, `revoked` can't. */
export interface TokenRecord {
  readonly state: 'active' | 'disabled' | 'revoked';
  /** Milliseconds since the epoch from which on it is refused, whatever its state; a token without it doesn't end by itself. */
  readonly expiresAt?: number;
  /**
   * The subjects of the token that it was derived from; only derived ones have them. It is refused as soon as one of these is, its `state` is
   * that one's, and its uses are that one's uses.
   */
  readonly parentSubjects?: readonly [Subject, ...Subject[]];
}

/** What a record comes to at a time, in milliseconds since the epoch. Expired is for ever: no release brings it back. */
export function tokenStateAt({ state, expiresAt }: TokenRecord, now: number): TokenRecord['state'] | 'expired' {
  if (state === 'revoked') return 'revoked';
  return expiresAt !== undefined && now >= expiresAt ? 'expired' : state;
}

/** By which subjects a derived token that still lives is answered: those of what it was derived from. None of any other. */
export function livingParentOf(token: TokenRecord | undefined, now: number): readonly Subject[] {
  return token?.parentSubjects && tokenStateAt(token, now) !== 'expired' ? token.parentSubjects : [];
}
