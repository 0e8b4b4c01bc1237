/**
 * Runs one call under its own time-out besides the caller's signal. By hand, since on Node 20 `AbortSignal.any` does not keep the
 * signal of `AbortSignal.timeout` alive: once that is collected, the call waits for ever (test/contract: "could not tell when nobody answers").
 */
export async function withDeadline<T>(
  ms: number,
  signal: AbortSignal,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(new DOMException(`no answer within ${ms} ms`, 'TimeoutError')), ms);
  const cancel = (): void => deadline.abort(signal.reason);
  signal.addEventListener('abort', cancel, { once: true });
  if (signal.aborted) cancel();
  try {
    return await call(deadline.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', cancel);
  }
}
