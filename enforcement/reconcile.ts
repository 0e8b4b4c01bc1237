import { sameRefusal, tighten, type DenylistEntry } from '../domain/denylist';
import type { Denylist } from '../domain/ports/denylist';
import type { ContainmentStore } from '../domain/ports/stores';

/** What the reconciler does to a containment by itself. */
export type Mending = 'import-containment' | 'make-hold-permanent';

export interface ReconcileParts {
  readonly containments: ContainmentStore;
  readonly denylist: Denylist;
  /** Tells people of a hold that no incident adopted. Called at least once for each. */
  readonly onOrphan: (entry: DenylistEntry) => Promise<void>;
  /** Records what was decided about a containment. Called at least once for each, before its last effect. */
  readonly audit: (mending: Mending, entry: DenylistEntry) => Promise<void>;
  /** Gets what could not be mended in this round; the next one finds it again. */
  readonly onFault: (entry: DenylistEntry, cause: unknown) => void;
}

export interface Reconciled {
  readonly rewritten: number;
  readonly imported: number;
  readonly orphans: number;
  readonly failed: number;
}

/**
 * Makes PostgreSQL and the denylist agree on the tighter of the two, and makes permanent the holds that no incident adopted in time.
 * Only ever tightens, so it may run anywhere and at any time. No entry waits for another: one that fails is told and left for the
 * next round.
 */
export async function reconcile(parts: ReconcileParts, now: number): Promise<Reconciled> {
  const [wanted, listed] = await Promise.all([parts.containments.all(), parts.denylist.all()]);
  const [recorded, projected] = [bySubject(wanted), bySubject(listed)];
  let failed = 0;

  async function each(entries: readonly DenylistEntry[], mend: (entry: DenylistEntry) => Promise<unknown>) {
    let mended = 0;
    for (const entry of entries) {
      try {
        await mend(entry);
        mended++;
      } catch (cause) {
        failed++;
        parts.onFault(entry, cause);
      }
    }
    return mended;
  }

  const rewritten = await each(
    wanted.filter((entry) => isLooser(projected.get(entry.subject), entry)),
    (entry) => parts.denylist.tighten(entry),
  );
  const imported = await each(
    // A hold is the detection side's own until an incident adopts it.
    listed.filter((entry) => entry.status !== 'hold' && isLooser(recorded.get(entry.subject), entry)),
    async (entry) => {
      // It refuses already, so nothing is late; recorded first, since the next round would not find it again.
      await parts.audit('import-containment', entry);
      await parts.containments.tighten(entry);
    },
  );
  const orphans = await each(
    listed.filter((entry) => isOrphan(entry, now)),
    async (entry) => {
      const permanent: DenylistEntry = { ...entry, status: 'quarantine', adoptBy: undefined };
      // People first: when the page or the record fails the hold stays a hold, which refuses as well, and is found again.
      await parts.onOrphan(entry);
      await parts.containments.tighten(permanent);
      await parts.audit('make-hold-permanent', permanent);
      await parts.denylist.tighten(permanent);
    },
  );
  return { rewritten, imported, orphans, failed };
}

function bySubject(entries: readonly DenylistEntry[]): ReadonlyMap<string, DenylistEntry> {
  return new Map(entries.map((entry) => [entry.subject, entry]));
}

/** Whether `current` lets pass what `demanded` refuses, or is less than it stands for. */
function isLooser(current: DenylistEntry | undefined, demanded: DenylistEntry): boolean {
  return !current || !sameRefusal(current, tighten(current, demanded));
}

function isOrphan(entry: DenylistEntry, now: number): boolean {
  return entry.status === 'hold' && entry.adoptBy !== undefined && entry.adoptBy <= now;
}
