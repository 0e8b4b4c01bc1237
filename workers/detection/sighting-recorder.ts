import type { Logger } from 'pino';
import type { InventoryRecord } from '../../domain/credential';
import { compileContexts, type ContextMatcher } from '../../domain/known-context';
import { addUses, ELSEWHERE, useSeen, type ContextUse } from '../../domain/sighting';
import type { Subject } from '../../domain/subject';
import type { UsageEvent } from '../../domain/usage-event';
import type { InventoryMirror } from '../../enforcement/inventory-kv';
import { nameOf } from '../../domain/name-of';

export interface SightingParts {
  readonly inventory: Pick<InventoryMirror, 'lookup' | 'isContained'>;
  /** Adds to what is stored of a subject. */
  readonly store: (subject: Subject, uses: readonly ContextUse[]) => Promise<void>;
  readonly log: Logger;
}

/** Keeps who uses the versions of credentials that have an open incident. */
export interface SightingRecorder {
  /** Never waits and never throws: for the fold, which waits for nobody. */
  see(event: UsageEvent): void;
  /** Stores what is not stored yet. */
  stop(): Promise<void>;
}

/** One write a second and subject at most; and the first use is told soon, since an incident may wait for it. */
const FIRST_AFTER_MS = 50;
const EVERY_MS = 1_000;

export function createSightingRecorder({ inventory, store, log }: SightingParts): SightingRecorder {
  const pending = new Map<Subject, readonly ContextUse[]>();
  // By record: the mirror gives the same one until it changes.
  const matchers = new WeakMap<InventoryRecord, ContextMatcher>();
  let timer: NodeJS.Timeout | undefined;
  let storedAt = -Infinity;
  let storing = Promise.resolve();
  let stopped = false;

  function contextOf(record: InventoryRecord, address: string): string {
    const match = matchers.get(record) ?? compileContexts(record.knownContexts);
    matchers.set(record, match);
    return match(address)?.id ?? ELSEWHERE;
  }

  function plan(): void {
    if (stopped) return;
    const wait = Math.max(FIRST_AFTER_MS, storedAt + EVERY_MS - performance.now());
    timer ??= setTimeout(() => void flush(), wait);
  }

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    storedAt = performance.now();
    const taken = [...pending];
    pending.clear();
    // One after the other: two writes of one subject at once would only wait for each other.
    storing = storing.then(() => storeAll(taken));
    return storing;
  }

  async function storeAll(taken: readonly (readonly [Subject, readonly ContextUse[]])[]): Promise<void> {
    await Promise.all(
      taken.map(async ([subject, uses]) => {
        try {
          await store(subject, uses);
        } catch (error) {
          // Kept for the next time. It is bounded: one short list for each subject of an open incident.
          pending.set(subject, addUses(uses, pending.get(subject) ?? []));
          log.warn({ subject, error: nameOf(error) }, 'uses are not stored yet');
          plan();
        }
      }),
    );
  }

  return {
    see(event) {
      const record = inventory.lookup(event.subject);
      if (!record || !inventory.isContained(record.credentialId) || event.probe !== undefined) return;
      let context: string;
      try {
        context = contextOf(record, event.client.address);
      } catch {
        // A context that can't be read lets nobody pass either.
        context = ELSEWHERE;
      }
      pending.set(event.subject, addUses(pending.get(event.subject) ?? [], [useSeen(event, context)]));
      plan();
    },
    async stop() {
      stopped = true;
      await flush();
    },
  };
}
