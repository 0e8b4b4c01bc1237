import { epochOf, sameRefusal, type DenylistEntry } from '../domain/denylist';
import { merge } from '../domain/lift';
import type { Denylist } from '../domain/ports/denylist';
import type { ContainmentStore } from '../domain/ports/stores';

/** What the reconciler does to a containment by itself. */
export type Mending = 'import-containment' | 'make-hold-permanent' | 'overrule-lift';

export interface ReconcileParts {
  readonly containments: Pick<ContainmentStore, 'all' | 'merge'>;
  readonly denylist: Pick<Denylist, 'all' | 'merge'>;
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
  /** Lifts in the denylist that PostgreSQL knows nothing of. */
  readonly overruled: number;
  readonly failed: number;
}

/**
 * Makes PostgreSQL and the denylist agree on the tighter of the two, and makes permanent the holds that no incident adopted in time. A
 * lift is carried from PostgreSQL to the denylist, never the other way: one that only the denylist has is overruled. So it may run
 * anywhere and at any time. No entry waits for another: one that fails is told and left for the next round.
 */
export async function reconcile(parts: ReconcileParts, now: number): Promise<Reconciled> {
  // In this order: a lift is recorded before it is listed, so whatever is read here as lifted is already recorded so.
  const listed = await parts.denylist.all();
  const wanted = await parts.containments.all();
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
    (entry) => parts.denylist.merge(entry),
  );
  const overruled = await each(
    wanted.filter((entry) => isLiftedElsewhere(entry, projected.get(entry.subject))),
    async (entry) => {
      const again = { ...entry, epoch: epochOf(projected.get(entry.subject) ?? entry) + 1, liftedAt: undefined };
      await parts.containments.merge(again);
      await parts.audit('overrule-lift', again);
      await parts.denylist.merge(again);
    },
  );
  const imported = await each(
    // A hold is the detection side's own until an incident adopts it.
    listed
      .filter(({ status }) => status === 'quarantine' || status === 'revoked')
      .filter((entry) => isLooser(recorded.get(entry.subject), entry)),
    async (entry) => {
      // It refuses already, so nothing is late; recorded first, since the next round would not find it again.
      await parts.audit('import-containment', entry);
      await parts.containments.merge(entry);
    },
  );
  const orphans = await each(
    listed.filter((entry) => isOrphan(entry, now) && merge(recorded.get(entry.subject), entry).status !== 'lifted'),
    async (entry) => {
      const permanent: DenylistEntry = { ...entry, status: 'quarantine', adoptBy: undefined };
      // People first: when the page or the record fails the hold stays a hold, which refuses as well, and is found again.
      await parts.onOrphan(entry);
      await parts.containments.merge(permanent);
      await parts.audit('make-hold-permanent', permanent);
      await parts.denylist.merge(permanent);
    },
  );
  return { rewritten, imported, orphans, overruled, failed };
}

function bySubject(entries: readonly DenylistEntry[]): ReadonlyMap<string, DenylistEntry> {
  return new Map(entries.map((entry) => [entry.subject, entry]));
}

/** Whether `current` lets pass what `demanded` refuses, or is less than it stands for. */
function isLooser(current: DenylistEntry | undefined, demanded: DenylistEntry): boolean {
  return !current || !sameRefusal(current, merge(current, demanded));
}

/** Nobody but the activity that lifts may loosen, and that records first. */
function isLiftedElsewhere(recorded: DenylistEntry, listed: DenylistEntry | undefined): boolean {
  return recorded.status !== 'lifted' && listed?.status === 'lifted' && epochOf(listed) > epochOf(recorded);
}

function isOrphan(entry: DenylistEntry, now: number): boolean {
  return entry.status === 'hold' && entry.adoptBy !== undefined && entry.adoptBy <= now;
}
