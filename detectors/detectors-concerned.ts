import type { UsageEvent } from '../domain/usage-event';
import type { Detector } from './detector';
import type { SubjectState } from './partition-state';
import { provesPossession } from './possession';
import { isStale } from './time-rules';

/** The detectors that are to see an event: see the rules of `foldPartition`. */
export function detectorsConcerned(
  subject: SubjectState,
  event: UsageEvent,
  detectors: readonly Detector[],
): readonly Detector[] {
  const { listed, listedAt } = subject;
  const tripwire = listed === 'revoked' && event.at >= listedAt && event.outcome !== 'accepted';
  const all = !isStale(event, subject.lastAt) && !tripwire && provesPossession(event);
  return all ? detectors : detectors.filter(({ family }) => family === 'listed');
}
