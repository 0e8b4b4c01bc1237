import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_EVERY_MS = 50;
const PATIENCE_MS = 20_000;

/** Resolves to the moment when it holds, in milliseconds since the epoch. @throws when it does not within twenty seconds */
export async function until(signal: AbortSignal, holds: () => boolean | Promise<boolean>): Promise<number> {
  const deadline = Date.now() + PATIENCE_MS;
  while (Date.now() < deadline) {
    if (await holds()) return Date.now();
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
  throw new Error(`not within ${PATIENCE_MS} ms`);
}
