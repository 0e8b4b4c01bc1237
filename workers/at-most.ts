import { setTimeout as delay } from 'node:timers/promises';

/** Waits for `work`, and for no longer than this. What is not done by then goes on, or is lost with the process. */
export async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  const patience = new AbortController();
  await Promise.race([work, delay(ms, undefined, { signal: patience.signal }).catch(() => undefined)]);
  patience.abort();
}
