import type { KV, KvEntry } from '@nats-io/kv';
import { denylistEntry, sameRefusal, tighten, type DenylistEntry } from '../domain/denylist';
import { IncidentError } from '../domain/errors';
import { merge } from '../domain/lift';
import type { Denylist, DenylistWrite } from '../domain/ports/denylist';
import { subjectKey } from '../domain/subject';
import { compareAndSet } from './compare-and-set';
import { keysOf } from './keys-of';

/** Every loser of a race reads again and changes what won; more rounds than writers could ever meet at one subject. */
const MAX_ROUNDS = 20;

/** The denylist in NATS KV: compare-and-set, and never looser than what is there, but for a lift. */
export function createDenylist(kv: KV): Denylist {
  return {
    tighten: (entry) => change(kv, entry, tighten),

    merge: (entry) => change(kv, entry, merge),

    async get(subject) {
      const found = await kv.get(subjectKey(subject));
      return found && found.operation === 'PUT' ? toWrite(found) : undefined;
    },

    async all() {
      const found = await Promise.all((await keysOf(kv)).map((key) => kv.get(key)));
      return found.flatMap((entry) => (entry && readable(entry)) ?? []);
    },
  };
}

async function change(
  kv: KV,
  entry: DenylistEntry,
  changed: (current: DenylistEntry | undefined, entry: DenylistEntry) => DenylistEntry,
): Promise<DenylistWrite> {
  const key = subjectKey(entry.subject);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const found = await kv.get(key);
    const current = found ? readable(found) : undefined;
    const next = changed(current, entry);
    if (found && current && sameRefusal(current, next))
      return { revision: found.revision, at: Date.now(), entry: current };
    const revision = await compareAndSet(kv, key, JSON.stringify(next), found?.revision ?? 0);
    if (revision !== undefined) return { revision, at: Date.now(), entry: next };
  }
  throw new IncidentError('DENYLIST_CONFLICT', { credential: entry.credentialId, version: entry.version });
}

/**
 * A stored entry. Whoever can write the bucket could write nonsense: it is checked like any input, and it speaks only for the
 * subject whose key it stands under.
 */
export function read(found: KvEntry): DenylistEntry {
  const entry = denylistEntry.parse(found.json());
  if (subjectKey(entry.subject) !== found.key) throw new IncidentError('SUBJECT_MALFORMED', { key: found.key });
  return entry;
}

/**
 * Undefined for one that was taken out or can't be read: it must keep nobody from refusing that subject or any other. What it may
 * have said is in PostgreSQL, and the reconciler brings it back.
 */
function readable(found: KvEntry): DenylistEntry | undefined {
  if (found.operation !== 'PUT') return undefined;
  try {
    return read(found);
  } catch {
    return undefined;
  }
}

function toWrite(found: KvEntry): DenylistWrite {
  return { revision: found.revision, at: found.created.getTime(), entry: read(found) };
}
