import type { KV, KvWatchEntry } from '@nats-io/kv';
import { compileContexts, type ContextMatcher } from '../domain/known-context';
import type { DenylistEntry } from '../domain/denylist';
import type { Subject } from '../domain/subject';
import { read } from './denylist-kv';
import { followBucket, type BucketFault } from './follow-bucket';

/** Whether one use is refused. `lane`: refused to others, allowed to this known context for now. */
export type RefusalCheck =
  | {
      readonly refused: true;
      readonly entry: DenylistEntry;
      readonly why: 'denied' | 'unknown-context' | 'lane-closed';
    }
  | { readonly refused: false; readonly lane?: string };

export interface DenylistMirror {
  /** Microseconds: a map look-up, and an address match where a lane is open. */
  check(subject: Subject, address: string, now: number): RefusalCheck;
  /** Every write up to this KV revision is applied. */
  appliedRevision(): number;
  size(): number;
  stop(): void;
}

interface Compiled {
  readonly entry: DenylistEntry;
  readonly match: ContextMatcher;
}

/** An entry that was taken out or can't be read: what is known stays refused, and the log says so. */
export type MirrorFault = (fault: BucketFault) => void;

/**
 * Holds the whole denylist in this process, fed by a KV watch: it replays on (re)connect, then streams. Resolves when the
 * state of the bucket at the call is applied. `onApplied` runs after each revision, so that it can be acknowledged.
 */
export async function mirrorDenylist(
  kv: KV,
  handlers: { readonly onApplied: (revision: number) => void; readonly onFault: MirrorFault },
): Promise<DenylistMirror> {
  const entries = new Map<Subject, Compiled>();
  let applied = 0;
  const follower = await followBucket(kv, {
    apply,
    onApplied(revision) {
      applied = revision;
      handlers.onApplied(revision);
    },
    onFault: handlers.onFault,
  });

  function apply(update: KvWatchEntry): void {
    // Refusals are never deleted by us; a deletion by anyone else must not let a leaked credential in again.
    if (update.operation !== 'PUT') return handlers.onFault({ key: update.key, revision: update.revision });
    const entry = read(update);
    // Refused to everybody until its lane is known to be readable.
    entries.set(entry.subject, { entry, match: () => undefined });
    entries.set(entry.subject, { entry, match: compileContexts(entry.allow) });
  }

  return {
    check: (subject, address, now) => checkEntry(entries.get(subject), address, now),
    appliedRevision: () => applied,
    size: () => entries.size,
    stop: () => follower.stop(),
  };
}

function checkEntry(compiled: Compiled | undefined, address: string, now: number): RefusalCheck {
  if (!compiled) return { refused: false };
  const { entry, match } = compiled;
  if (entry.mode === 'deny-all') return { refused: true, entry, why: 'denied' };
  if (entry.laneUntil !== undefined && now >= entry.laneUntil) return { refused: true, entry, why: 'lane-closed' };
  const context = match(address);
  return context ? { refused: false, lane: context.id } : { refused: true, entry, why: 'unknown-context' };
}
