import type { KV, KvWatchEntry } from '@nats-io/kv';
import { compileContexts, type ContextMatcher } from '../domain/known-context';
import type { DenylistEntry } from '../domain/denylist';
import type { Subject } from '../domain/subject';
import { read } from './denylist-kv';

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
export type MirrorFault = (fault: {
  readonly key: string;
  readonly revision: number;
  readonly cause?: unknown;
}) => void;

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
  const before = await kv.status();
  const target = before.values === 0 ? 0 : before.streamInfo.state.last_seq;
  const watch = await kv.watch();

  const ready = new Promise<void>((resolve, reject) => {
    if (target === 0) resolve();
    void consume().then(() => reject(new Error('the denylist watch ended before it was complete')), reject);

    async function consume(): Promise<void> {
      for await (const update of watch) {
        apply(update);
        applied = update.revision;
        handlers.onApplied(applied);
        if (applied >= target) resolve();
      }
    }
  });

  function apply(update: KvWatchEntry): void {
    // Refusals are never deleted by us; a deletion by anyone else must not let a leaked credential in again.
    if (update.operation !== 'PUT') return handlers.onFault({ key: update.key, revision: update.revision });
    try {
      const entry = read(update);
      entries.set(entry.subject, { entry, match: compileContexts(entry.allow) });
    } catch (cause) {
      handlers.onFault({ key: update.key, revision: update.revision, cause });
    }
  }

  await ready;
  return {
    check: (subject, address, now) => checkEntry(entries.get(subject), address, now),
    appliedRevision: () => applied,
    size: () => entries.size,
    stop: () => watch.stop(),
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
