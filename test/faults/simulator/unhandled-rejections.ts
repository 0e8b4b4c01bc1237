const rejections: unknown[] = [];

/** Of workflow code, whose promises are of another realm; ours ends the process, as ever. */
process.on('unhandledRejection', (reason, promise) => {
  if (promise instanceof Promise) throw reason;
  rejections.push(reason);
});

/**
 * A rejection that nobody handles fails the workflow task, as it does in Temporal's worker; Node says so only after the microtasks.
 * It must be this process's own `process`: in Jest, whose is another, use a thread (simulator-pool.ts).
 */
export async function noRejectionIsLeft(): Promise<void> {
  await new Promise(setImmediate);
  const [first] = rejections.splice(0);
  if (first !== undefined) throw new Error('a promise was rejected, and nobody handled it', { cause: first });
}
