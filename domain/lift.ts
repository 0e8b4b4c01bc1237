import { epochOf, join, tighten, type DenylistEntry } from './denylist';
import { IncidentError } from './errors';

/** A person's decision that a subject is refused no longer. */
export interface Lift extends Pick<DenylistEntry, 'subject' | 'credentialId' | 'version' | 'incidentId' | 'reason'> {
  /** When it was decided, the same for every attempt to carry it out (ms since the epoch). */
  readonly at: number;
}

/**
 * The entry that lets everybody pass again, in an epoch of its own, which outranks whatever was said before. A lift that was carried out
 * already changes nothing, also when the subject was refused again since. @throws IncidentError CONTAINMENT_FINAL of what is revoked
 */
export function lift(current: DenylistEntry | undefined, { at, ...mark }: Lift): DenylistEntry {
  if (current?.status === 'revoked')
    throw new IncidentError('CONTAINMENT_FINAL', { credential: mark.credentialId, version: mark.version });
  if (current && isCarriedOut(current, at)) return current;
  // The clock that wrote `since` may be ahead of ours: what is lifted must be older than its lift.
  const liftedAt = Math.max(at, current?.since ?? at);
  const epoch = (current ? epochOf(current) : 0) + 1;
  return { ...mark, status: 'lifted', mode: 'known-contexts-only', allow: [], since: liftedAt, epoch, liftedAt };
}

/** Whether what `entry` says was said after the lift that was decided at `at` had been carried out. */
export function isCarriedOut(entry: DenylistEntry, at: number): boolean {
  return entry.liftedAt !== undefined && entry.liftedAt >= at;
}

/**
 * What a replica makes of what another one says. It is their join, but for one case: a refusal of an earlier epoch that was decided after
 * the other's lift. Whoever demanded it had lost the mark (a bucket made anew), so it counts as demanded on top of the lift.
 */
export function merge(known: DenylistEntry | undefined, told: DenylistEntry): DenylistEntry {
  if (!known) return told;
  if (isUnknowing(told, known)) return tighten(known, told);
  return isUnknowing(known, told) ? tighten(told, known) : join(known, told);
}

function isUnknowing(refusal: DenylistEntry, other: DenylistEntry): boolean {
  return (
    refusal.status !== 'lifted' &&
    epochOf(refusal) < epochOf(other) &&
    other.liftedAt !== undefined &&
    refusal.since > other.liftedAt
  );
}
