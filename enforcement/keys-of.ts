import type { KV } from '@nats-io/kv';

/** The keys of a bucket, each once: one that is written while they are listed comes twice from the server. */
export async function keysOf(kv: KV): Promise<readonly string[]> {
  const keys = new Set<string>();
  for await (const key of await kv.keys()) keys.add(key);
  return [...keys];
}
