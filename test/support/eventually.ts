import { setTimeout as delay } from 'node:timers/promises';

/** Repeats an observation until it satisfies, and gives it; after the time-out the last one, for the assertion to show. */
export async function eventually<T>(
  observe: () => T | Promise<T>,
  satisfies: (value: T) => boolean,
  timeoutMs = 60_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await observe();
    if (satisfies(value) || Date.now() > deadline) return value;
    await delay(100);
  }
}
