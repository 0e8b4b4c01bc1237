import { sameRefusal, tighten, type DenylistEntry } from '../domain/denylist';
import type { Denylist } from '../domain/ports/denylist';
import type { ContainmentStore } from '../domain/ports/stores';

export interface ReconcileParts {
  readonly containments: ContainmentStore;
  readonly denylist: Denylist;
  /** Tells people of a hold that no incident adopted. Called at least once for each. */
  readonly onOrphan: (entry: DenylistEntry) => Promise<void>;
}

/**
 * Makes the denylist what PostgreSQL says it must be, and makes permanent the holds that no incident adopted in time. Only ever
 * tightens, so it may run anywhere and at any time.
 */
export async function reconcile(
  parts: ReconcileParts,
  now: number,
): Promise<{ readonly rewritten: number; readonly orphans: number }> {
  const [wanted, listed] = await Promise.all([parts.containments.all(), parts.denylist.all()]);
  const bySubject = new Map(listed.map((entry) => [entry.subject, entry]));
  const missing = wanted.filter((entry) => {
    const current = bySubject.get(entry.subject);
    return !current || !sameRefusal(current, tighten(current, entry));
  });
  for (const entry of missing) await parts.denylist.tighten(entry);
  const orphans = listed.filter(
    (entry) => entry.status === 'hold' && entry.adoptBy !== undefined && entry.adoptBy <= now,
  );
  for (const orphan of orphans) {
    // People first: when the page fails the hold stays a hold, and the next round finds it again.
    await parts.onOrphan(orphan);
    await parts.containments.tighten({ ...orphan, status: 'quarantine', adoptBy: undefined });
    await parts.denylist.tighten({ ...orphan, status: 'quarantine', adoptBy: undefined });
  }
  return { rewritten: missing.length, orphans: orphans.length };
}
