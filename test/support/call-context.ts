import type { CallContext } from '../../domain/ports/effect';

/** What an activity gives an adapter: here of a call that nobody cancels, unless a signal is given. */
export function callContext(
  signal: AbortSignal = new AbortController().signal,
  idempotencyKey = 'run/step',
): CallContext {
  return { idempotencyKey, signal, heartbeat: () => undefined };
}
