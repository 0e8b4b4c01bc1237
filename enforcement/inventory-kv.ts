import type { KV, KvEntry } from '@nats-io/kv';
import { z } from 'zod';
import type { InventoryRecord } from '../domain/credential';
import { IncidentError } from '../domain/errors';
import { isSubject, subjectKey, type Subject } from '../domain/subject';
import { laterReached } from '../domain/version-order';
import { compareAndSet } from './compare-and-set';
import { followBucket } from './follow-bucket';

const inventoryRecord = z.strictObject({
  subject: z.custom<Subject>((value) => typeof value === 'string' && isSubject(value), 'not a subject'),
  credentialId: z.string(),
  version: z.number().int().positive(),
  state: z.enum(['pending', 'live', 'quarantined', 'revoked', 'discarded']),
  provider: z.string(),
  ownerTeam: z.string(),
  environment: z.string().optional(),
  enforcement: z.enum(['gateway', 'provider']),
  protection: z.enum(['normal', 'own', 'break-glass']),
  principalKind: z.enum(['workload', 'person', 'unknown']),
  scopes: z.array(z.string()),
  knownContexts: z.array(
    z.strictObject({
      id: z.string(),
      networks: z.array(z.string()),
      dependent: z.string().optional(),
      endpoints: z.array(z.string()).optional(),
    }),
  ),
  releases: z.number().int().positive().optional(),
});

/** Projects the inventory, so that detection and gateways know whose subject they see without asking a database. */
export interface InventoryProjection {
  write(records: readonly InventoryRecord[]): Promise<void>;
}

/** Every loser of a race reads again; more rounds than writers could ever meet at one subject. */
const MAX_ROUNDS = 20;

/**
 * Each record is written over the one that was read and no other, and its state never goes back, but for a lift: whoever projects what
 * it read a while ago must not bring a revoked version to life again.
 */
export function createInventoryProjection(kv: KV): InventoryProjection {
  return {
    async write(records) {
      for (const record of records) await project(kv, record);
    },
  };
}

async function project(kv: KV, record: InventoryRecord): Promise<void> {
  const key = subjectKey(record.subject);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const found = await kv.get(key);
    const current = found && readable(found);
    const { state, releases } = current ? laterReached(current, record) : record;
    const value = JSON.stringify({ ...record, state, releases });
    if (found?.operation === 'PUT' && found.string() === value) return;
    if ((await compareAndSet(kv, key, value, found?.revision ?? 0)) !== undefined) return;
  }
  throw new IncidentError('DENYLIST_CONFLICT', { credential: record.credentialId, version: record.version });
}

/** Undefined for one that was taken out, or can't be read: it is written over. */
function readable(found: KvEntry): InventoryRecord | undefined {
  if (found.operation !== 'PUT') return undefined;
  try {
    return read(found);
  } catch {
    return undefined;
  }
}

function read(found: KvEntry): InventoryRecord {
  const record = inventoryRecord.parse(found.json());
  if (subjectKey(record.subject) !== found.key) throw new IncidentError('SUBJECT_MALFORMED', { key: found.key });
  return record;
}

export interface InventoryMirror {
  lookup(subject: Subject): InventoryRecord | undefined;
  /** Whether a version of this credential is quarantined, so that an incident is open. */
  isContained(credentialId: string): boolean;
  stop(): void;
}

/** Holds the projected inventory in this process. Resolves when what the bucket holds now is loaded. */
export async function mirrorInventory(
  kv: KV,
  onFault: (key: string, cause: unknown) => void,
): Promise<InventoryMirror> {
  const records = new Map<Subject, InventoryRecord>();
  /** Quarantined subjects by credential; only those that have one. */
  const contained = new Map<string, Set<Subject>>();

  function take(record: InventoryRecord): void {
    const { subject, credentialId, state } = record;
    const before = records.get(subject)?.credentialId;
    if (before !== undefined) forget(before, subject);
    records.set(subject, record);
    if (state === 'quarantined')
      contained.set(credentialId, (contained.get(credentialId) ?? new Set<Subject>()).add(subject));
  }

  function forget(credentialId: string, subject: Subject): void {
    const subjects = contained.get(credentialId);
    subjects?.delete(subject);
    if (subjects?.size === 0) contained.delete(credentialId);
  }

  const follower = await followBucket(kv, {
    apply(update) {
      if (update.operation !== 'PUT') return;
      take(read(update));
    },
    onFault: ({ key, cause }) => onFault(key, cause),
  });
  return {
    lookup: (subject) => records.get(subject),
    isContained: (credentialId) => contained.has(credentialId),
    stop: () => follower.stop(),
  };
}
