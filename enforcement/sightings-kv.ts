import type { KV, KvEntry } from '@nats-io/kv';
import { IncidentError } from '../domain/errors';
import type { UseLog } from '../domain/ports/use-log';
import { addUses, sighting, type ContextUse, type Sighting } from '../domain/sighting';
import { subjectKey, type Subject } from '../domain/subject';
import { compareAndSet } from './compare-and-set';

/** Two detection workers may meet at a subject while its partition changes hands; more rounds than that could take. */
const MAX_ROUNDS = 10;

/** Reads what the detection side saw. One that can't be read is none: it must not pass for a proof of silence, and is told as unseen. */
export function createUseLog(kv: KV): UseLog {
  return {
    async seen(subject) {
      const found = await kv.get(subjectKey(subject));
      return found ? readable(found, subject) : undefined;
    },
  };
}

/** Adds uses to what is there. @throws IncidentError DENYLIST_CONFLICT, or what the bucket throws; to add them again later is right */
export async function addSightings(kv: KV, subject: Subject, uses: readonly ContextUse[]): Promise<void> {
  const key = subjectKey(subject);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const found = await kv.get(key);
    const known = found && readable(found, subject);
    const next: Sighting = { subject, contexts: addUses(known?.contexts ?? [], uses) };
    if ((await compareAndSet(kv, key, JSON.stringify(next), found?.revision ?? 0)) !== undefined) return;
  }
  throw new IncidentError('DENYLIST_CONFLICT', { key });
}

function readable(found: KvEntry, subject: Subject): Sighting | undefined {
  if (found.operation !== 'PUT') return undefined;
  try {
    const parsed = sighting.safeParse(found.json());
    return parsed.success && parsed.data.subject === subject ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
