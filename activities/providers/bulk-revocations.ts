import { IncidentError, type ErrorFields } from '../../domain/errors';
import type { HttpAnswer } from './http-send';

/** GitHub's limits (docs.github.com, REST API, "Revocation"): so many tokens a call, so many calls an hour from one address. */
export const MOST_TOKENS = 1_000;
export const MOST_CALLS_AN_HOUR = 60;

/** Half of an hour's calls may be made at once, and the other half comes back one by one: in no hour are there more than it allows. */
const AT_ONCE = MOST_CALLS_AN_HOUR / 2;
const ONE_MORE_EVERY_MS = 3_600_000 / (MOST_CALLS_AN_HOUR - AT_ONCE);
/** How long a call waits for more tokens; longer when few calls are left, since one that is spent on one token is missing for a thousand. */
const GATHER_MS = 100;
const GATHER_WHEN_SCARCE_MS = 5_000;
/** An attempt to revoke has 20 s (workflows/lib/time-limits.ts), of which what it asks before and looks at after may take 14. */
const LONGEST_WAIT_MS = 5_000;

interface Waiting {
  readonly token: string;
  readonly resolve: () => void;
  readonly reject: (error: IncidentError) => void;
}

export interface BulkParts {
  /** One call with all of them; undefined when nobody answered. */
  readonly send: (tokens: readonly string[]) => Promise<HttpAnswer | undefined>;
  /** Named in errors. */
  readonly account: string;
}

/**
 * Revocations that are wanted at about the same time go in one call, so that a flood of leaks stays below GitHub's limits. Each process counts for itself: what
 * several of one address spend together, and what was spent before a restart, GitHub says (403 or 429), and is waited for.
 */
export class BulkRevocations {
  #waiting: Waiting[] = [];
  #isPlanned = false;
  /** How many go in a call: fewer while GitHub refuses calls, since one token that it can't read fails all that go with it. */
  #most = MOST_TOKENS;
  #left = AT_ONCE;
  #countedAt = performance.now();
  #closedUntil = 0;

  constructor(private readonly parts: BulkParts) {}

  /** Resolves when the call that names the token was taken. @throws IncidentError PROVIDER_UNAVAILABLE (with `retryAfterMs` while there is no call left), PROVIDER_REFUSED */
  revoke(token: string, signal: AbortSignal): Promise<void> {
    const wait = this.#untilNextCall();
    if (wait > LONGEST_WAIT_MS)
      return Promise.reject(this.#unavailable({ retryAfterMs: wait, reply: 'no call is left' }));
    return new Promise<void>((resolve, reject) => {
      const waiting = { token, resolve, reject };
      this.#waiting.push(waiting);
      signal.addEventListener('abort', () => this.#leave(waiting), { once: true });
      if (signal.aborted) this.#leave(waiting);
      else this.#plan(wait);
    });
  }

  #plan(wait: number): void {
    const gather = this.#left < AT_ONCE / 2 ? GATHER_WHEN_SCARCE_MS : GATHER_MS;
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    setTimeout(() => void this.#flush(), Math.max(wait, gather));
  }

  async #flush(): Promise<void> {
    this.#isPlanned = false;
    const wait = this.#untilNextCall();
    if (wait > LONGEST_WAIT_MS) {
      const refusal = this.#unavailable({ retryAfterMs: wait, reply: 'no call is left' });
      for (const { reject } of this.#waiting.splice(0)) reject(refusal);
    }
    if (this.#waiting.length === 0) return;
    if (wait > 0) return this.#plan(wait);
    const going = this.#waiting.splice(0, this.#most);
    this.#left -= 1;
    if (this.#waiting.length > 0) this.#plan(this.#untilNextCall());
    const answer = await this.parts.send(going.map(({ token }) => token)).catch(() => undefined);
    const refusal = this.#refusalOf(answer, going.length);
    for (const { resolve, reject } of going) {
      if (refusal) reject(refusal);
      else resolve();
    }
  }

  #refusalOf(answer: HttpAnswer | undefined, tokens: number): IncidentError | undefined {
    const { status, retryAfterMs = ONE_MORE_EVERY_MS } = answer ?? {};
    if (status === 202) {
      this.#most = Math.min(MOST_TOKENS, this.#most * 2);
      return undefined;
    }
    const isLimit = status === 403 || status === 429;
    if (isLimit) this.#closedUntil = performance.now() + retryAfterMs;
    // Below 400, or a page, it is a network's word, and none of GitHub's.
    if (isLimit || status === undefined || status >= 500 || status < 400 || answer?.isPage)
      return this.#unavailable({ status, ...(isLimit ? { retryAfterMs } : {}) });
    if (tokens > 1) {
      this.#most = Math.ceil(tokens / 2);
      return this.#unavailable({ status, reply: `${tokens} together are refused` });
    }
    return new IncidentError('PROVIDER_REFUSED', { account: this.parts.account, call: 'revoke', status });
  }

  /** In milliseconds; counts what has come back by now. */
  #untilNextCall(): number {
    const now = performance.now();
    const back = Math.floor((now - this.#countedAt) / ONE_MORE_EVERY_MS);
    this.#left = Math.min(AT_ONCE, this.#left + back);
    this.#countedAt = this.#left === AT_ONCE ? now : this.#countedAt + back * ONE_MORE_EVERY_MS;
    const next = this.#left > 0 ? 0 : this.#countedAt + ONE_MORE_EVERY_MS - now;
    return Math.max(next, this.#closedUntil - now, 0);
  }

  #leave(waiting: Waiting): void {
    this.#waiting = this.#waiting.filter((one) => one !== waiting);
    waiting.reject(this.#unavailable({ reply: 'it was not waited for' }));
  }

  #unavailable(what: ErrorFields): IncidentError {
    return new IncidentError('PROVIDER_UNAVAILABLE', { account: this.parts.account, call: 'revoke', ...what });
  }
}
