import type { KV, KvWatchEntry } from '@nats-io/kv';
import { read } from './denylist-kv';
import { createDenylistMap, type DenylistMap } from './denylist-map';
import { followBucket, type BucketFault, type Follower } from './follow-bucket';

export interface DenylistMirror extends Pick<DenylistMap, 'check' | 'size'>, Follower {
  /** Every write up to this KV revision is applied. */
  appliedRevision(): number;
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
  map: DenylistMap = createDenylistMap(),
): Promise<DenylistMirror> {
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
    map.join(read(update));
  }

  return {
    ...follower,
    check: (subject, address, now) => map.check(subject, address, now),
    size: () => map.size(),
    appliedRevision: () => applied,
  };
}
