import type { KV } from '@nats-io/kv';
import { z } from 'zod';
import type { DependentAdapter } from '../../domain/ports/dependent';

const acknowledgement = z.object({ version: z.number().int(), healthy: z.boolean(), detail: z.string().max(500) });

/**
 * A service that watches NATS KV `credentials/<credential>` for the version to use, fetches the value itself, and answers in
 * `acks/<credential>.<dependent>` (client/dependent/kv-pull.ts).
 */
export function createKvPullAdapter(buckets: { readonly credentials: KV; readonly acks: KV }): DependentAdapter {
  return {
    kind: 'kv-pull',

    async activate(_dependent, version) {
      const value = JSON.stringify({ version: version.version });
      const known = await buckets.credentials.get(version.credentialId);
      if (known?.operation === 'PUT' && known.string() === value)
        return { state: 'already', value: undefined, evidence: `announced before` };
      await buckets.credentials.put(version.credentialId, value);
      return { state: 'done', value: undefined, evidence: `version ${version.version} announced` };
    },

    async status(dependent, version) {
      const entry = await buckets.acks.get(`${version.credentialId}.${dependent.id}`);
      const parsed = entry?.operation === 'PUT' ? acknowledgement.safeParse(entry.json()) : undefined;
      if (!parsed?.success) return { using: 'unknown', healthy: false, detail: 'has not answered yet' };
      return { using: parsed.data.version, healthy: parsed.data.healthy, detail: parsed.data.detail };
    },
  };
}
