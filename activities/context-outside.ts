import type { CallContext } from '../domain/ports/effect';

/** What adapters get where no activity runs: nobody waits for a heartbeat, and only `signal` ends the call. */
export function contextOutside(
  idempotencyKey: string,
  signal: AbortSignal = new AbortController().signal,
): CallContext {
  return { idempotencyKey, signal, heartbeat: () => undefined };
}
