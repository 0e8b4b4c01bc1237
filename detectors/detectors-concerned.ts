import { issuedTo } from '../domain/principal-of';
import type { UsageEvent } from '../domain/usage-event';
import type { Detector } from './detector';
import type { SubjectState } from './partition-state';
import { provesPossession } from './possession';
import { isStale } from './time-rules';

/** A session outlives what it was made with: that the password of its user is revoked says nothing of it. What is planted is planted with all its sessions. */
export function listedFor({ listed }: SubjectState, event: UsageEvent): SubjectState['listed'] {
  return listed === 'revoked' && issuedTo(event) !== undefined ? 'none' : listed;
}

/** The detectors that are to see an event: see the rules of `foldPartition`. */
export function detectorsConcerned(
  subject: SubjectState,
  event: UsageEvent,
  detectors: readonly Detector[],
): readonly Detector[] {
  const { listedAt } = subject;
  const listed = listedFor(subject, event);
  const tripwire = listed === 'revoked' && event.at >= listedAt && event.outcome !== 'accepted';
  const all = !isStale(event, subject.lastAt) && !tripwire && provesPossession(event);
  return all ? detectors : detectors.filter(({ family }) => family === 'listed');
}
