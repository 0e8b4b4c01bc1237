import { sameRefusal, type DenylistEntry } from '../domain/denylist';
import { compileContexts, type ContextMatcher } from '../domain/known-context';
import { merge } from '../domain/lift';
import type { Subject } from '../domain/subject';

/** Whether one use is refused. `lane`: refused to others, allowed to this known context, until the lane closes. */
export type RefusalCheck =
  | {
      readonly refused: true;
      readonly entry: DenylistEntry;
      readonly why: 'denied' | 'unknown-context' | 'lane-closed';
    }
  | LaneCheck
  | { readonly refused: false; readonly lane?: undefined; readonly laneUntil?: undefined };

/** Let through a lane, for as long and as far as it goes. */
export interface LaneCheck {
  readonly refused: false;
  /** The known context. */
  readonly lane: string;
  readonly laneUntil?: number;
  readonly maxPerMinute?: number;
  /** What the inventory says that this context calls. */
  readonly endpoints?: readonly string[];
}

/** Every refusal this process knows of, wherever it learned it: the watch, the snapshot on disk, the fallback endpoint. */
export interface DenylistMap {
  /** Microseconds: a map look-up, and an address match where a lane is open. */
  check(subject: Subject, address: string, now: number): RefusalCheck;
  /**
   * Adds an entry to what is known: the tighter of the two holds, so that no source can loosen what another one said. Only a lift
   * outranks what was said before it, and then no older source brings that back.
   * @throws when its lane can't be read: it is refused to everybody then.
   */
  join(entry: DenylistEntry): void;
  /** Closes a lane of this process's own accord: nobody may use this subject any more. What is lifted or not listed stays so. */
  closeLane(subject: Subject, reason: string): void;
  /** Lifted ones too: whoever restarts from them must not believe an older source. */
  entries(): readonly DenylistEntry[];
  /** How many subjects are refused. */
  size(): number;
  /** Calls back, within the call of `join`, with each entry that changed what is known. */
  onChanged(listener: (entry: DenylistEntry) => void): void;
}

interface Compiled {
  readonly entry: DenylistEntry;
  readonly match: ContextMatcher;
}

export function createDenylistMap(): DenylistMap {
  const compiled = new Map<Subject, Compiled>();
  const listeners: ((entry: DenylistEntry) => void)[] = [];

  function join(entry: DenylistEntry): void {
    const known = compiled.get(entry.subject)?.entry;
    const next = merge(known, entry);
    if (known && sameRefusal(known, next)) return;
    // Refused to everybody until its lane is known to be readable.
    compiled.set(entry.subject, { entry: next, match: () => undefined });
    try {
      compiled.set(entry.subject, { entry: next, match: compileContexts(next.allow) });
    } finally {
      for (const listener of listeners) listener(next);
    }
  }

  return {
    check: (subject, address, now) => checkEntry(compiled.get(subject), address, now),
    join,
    closeLane(subject, reason) {
      const known = compiled.get(subject)?.entry;
      // In the epoch that it has: a later lift outranks it, as it does every refusal.
      if (known && known.status !== 'lifted') join({ ...known, mode: 'deny-all', allow: [], reason });
    },
    entries: () => [...compiled.values()].map(({ entry }) => entry),
    size: () => [...compiled.values()].filter(({ entry }) => entry.status !== 'lifted').length,
    onChanged: (listener) => void listeners.push(listener),
  };
}

/** The common case, which allocates nothing. */
const FREE: RefusalCheck = { refused: false };

function checkEntry(compiled: Compiled | undefined, address: string, now: number): RefusalCheck {
  if (!compiled) return FREE;
  const { entry, match } = compiled;
  const { laneUntil, lane } = entry;
  if (entry.status === 'lifted') return FREE;
  if (entry.mode === 'deny-all') return { refused: true, entry, why: 'denied' };
  if (laneUntil !== undefined && now >= laneUntil) return { refused: true, entry, why: 'lane-closed' };
  const context = match(address);
  if (!context) return { refused: true, entry, why: 'unknown-context' };
  return {
    refused: false,
    lane: context.id,
    ...(laneUntil === undefined ? {} : { laneUntil }),
    ...(lane === undefined ? {} : { maxPerMinute: lane.maxPerMinute }),
    ...(context.endpoints === undefined ? {} : { endpoints: context.endpoints }),
  };
}
