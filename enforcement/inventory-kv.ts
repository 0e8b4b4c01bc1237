import type { KV } from '@nats-io/kv';
import { z } from 'zod';
import type { InventoryRecord } from '../domain/credential';
import { isSubject, subjectKey, type Subject } from '../domain/subject';

const inventoryRecord = z.strictObject({
  subject: z.custom<Subject>((value) => typeof value === 'string' && isSubject(value), 'not a subject'),
  credentialId: z.string(),
  version: z.number().int().positive(),
  state: z.enum(['pending', 'live', 'quarantined', 'revoked', 'discarded']),
  provider: z.string(),
  ownerTeam: z.string(),
  enforcement: z.enum(['gateway', 'provider']),
  protection: z.enum(['normal', 'own', 'break-glass']),
  principalKind: z.enum(['workload', 'person', 'unknown']),
  scopes: z.array(z.string()),
  knownContexts: z.array(
    z.strictObject({ id: z.string(), networks: z.array(z.string()), dependent: z.string().optional() }),
  ),
});

/** Projects the inventory, so that detection and gateways know whose subject they see without asking a database. */
export interface InventoryProjection {
  write(records: readonly InventoryRecord[]): Promise<void>;
}

export function createInventoryProjection(kv: KV): InventoryProjection {
  return {
    async write(records) {
      for (const record of records) {
        const value = JSON.stringify(record);
        const known = await kv.get(subjectKey(record.subject));
        if (known?.operation === 'PUT' && known.string() === value) continue;
        await kv.put(subjectKey(record.subject), value);
      }
    },
  };
}

export interface InventoryMirror {
  lookup(subject: Subject): InventoryRecord | undefined;
  stop(): void;
}

/** Holds the projected inventory in this process. Resolves when what the bucket holds now is loaded. */
export async function mirrorInventory(
  kv: KV,
  onFault: (key: string, cause: unknown) => void,
): Promise<InventoryMirror> {
  const records = new Map<Subject, InventoryRecord>();
  const status = await kv.status();
  const target = status.values === 0 ? 0 : status.streamInfo.state.last_seq;
  const watch = await kv.watch();
  await new Promise<void>((resolve, reject) => {
    if (target === 0) resolve();
    void (async () => {
      for await (const update of watch) {
        const parsed = update.operation === 'PUT' ? inventoryRecord.safeParse(update.json()) : undefined;
        if (parsed?.success) records.set(parsed.data.subject, parsed.data);
        else if (parsed) onFault(update.key, parsed.error);
        if (update.revision >= target) resolve();
      }
    })().catch(reject);
  });
  return { lookup: (subject) => records.get(subject), stop: () => watch.stop() };
}
