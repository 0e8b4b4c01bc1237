import type { Subject } from '../domain/subject';
import type { TokenRecord } from '../domain/token-state';

/** A token as its issuer knew it when it was asked. Whether it is good is to be asked at each use: it may expire within the cache. */
export interface CheckedToken extends TokenRecord {
  readonly publicId: string;
  readonly principal: string;
  readonly scopes: readonly string[];
}

export type TokenLookup = (fingerprints: readonly Subject[]) => Promise<CheckedToken | undefined>;

/** How long an answer of the issuer is used again; the provider declares it as its propagation time. */
export const TOKEN_CACHE_MS = 1_000;
const MAX_CACHED = 10_000;

/** Asks the issuer at most once a second per token: the denylist, which is pushed, refuses sooner. */
export function cacheTokens(lookup: TokenLookup, now: () => number = Date.now): TokenLookup {
  const cache = new Map<string, { readonly until: number; readonly answer: Promise<CheckedToken | undefined> }>();
  return (fingerprints) => {
    const key = fingerprints[0] ?? '';
    const cached = cache.get(key);
    if (cached && cached.until > now()) return cached.answer;
    if (cache.size >= MAX_CACHED) cache.clear();
    const answer = lookup(fingerprints);
    cache.set(key, { until: now() + TOKEN_CACHE_MS, answer });
    // A failed look-up must not be remembered as an answer.
    answer.catch(() => cache.delete(key));
    return answer;
  };
}
