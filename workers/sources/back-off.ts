import { setTimeout as delay } from 'node:timers/promises';

const FIRST_MS = 50;
const LONGEST_MS = 2_000;

/**
 * Tries until it works, waiting 50 ms at first and 2 s at most. Rejects only when `signal` is aborted: what is done here must not be
 * given up because a server is away.
 */
export async function untilDone<T>(
  action: () => Promise<T>,
  options: { signal: AbortSignal; onFailure?: (error: unknown, tries: number) => void },
): Promise<T> {
  for (let tries = 1; ; tries++) {
    options.signal.throwIfAborted();
    try {
      return await action();
    } catch (error) {
      options.onFailure?.(error, tries);
      await delay(Math.min(FIRST_MS * 2 ** (tries - 1), LONGEST_MS), undefined, { signal: options.signal });
    }
  }
}
