import type { KV } from '@nats-io/kv';

/** JetStream's words for "somebody else wrote first". */
const WRONG_LAST_SEQUENCE = [10_071, 10_164];

/**
 * Writes over exactly the revision that was read, 0 for a key that was never written. Returns the new revision, or undefined when
 * somebody else wrote in between.
 */
export async function compareAndSet(kv: KV, key: string, value: string, revision: number): Promise<number | undefined> {
  try {
    // `update` refuses 0.
    return revision === 0 ? await kv.create(key, value) : await kv.update(key, value, revision);
  } catch (error) {
    if (isWrongLastSequence(error)) return undefined;
    throw error;
  }
}

/** Whether a write was refused since somebody else wrote first. */
export function isWrongLastSequence(error: unknown): boolean {
  return error instanceof Error && 'code' in error && WRONG_LAST_SEQUENCE.includes(Number(error.code));
}
