import { hash48 } from './hash48';
import { PARTITION_LIMITS, type SubjectState } from './partition-state';

/**
 * Notes an event id; true when it was among the latest already. Kept as 48-bit hashes: two different ids of the 32 kept look alike once
 * in about 10^13 events.
 */
export function isRepeated(subject: SubjectState, id: string): boolean {
  const hash = hash48(id);
  if (subject.recent.includes(hash)) return true;
  subject.recent[subject.nextRecent] = hash;
  subject.nextRecent = (subject.nextRecent + 1) % PARTITION_LIMITS.recentIds;
  return false;
}
