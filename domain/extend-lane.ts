import { epochOf, type DenylistEntry } from './denylist';
import { isCarriedOut } from './lift';

/** A person's decision that the known contexts of a contained version have longer. */
export interface LaneExtension {
  /** When it was decided, the same for every attempt to carry it out (ms since the epoch). */
  readonly at: number;
  readonly seconds: number;
}

/**
 * The same refusal with a lane that closes later, in an epoch of its own, since nothing within one loosens. What has no lane, or is refused to
 * everybody by now, stays as it is; so does what was extended by this decision already.
 */
export function extendLane(current: DenylistEntry, { at, seconds }: LaneExtension): DenylistEntry {
  const { mode, status, laneUntil } = current;
  if (status !== 'quarantine' || mode === 'deny-all' || laneUntil === undefined || isCarriedOut(current, at))
    return current;
  // What was demanded before it is settled by it, as by a lift.
  const liftedAt = Math.max(at, current.since);
  return { ...current, epoch: epochOf(current) + 1, liftedAt, laneUntil: Math.max(at, laneUntil) + seconds * 1000 };
}
