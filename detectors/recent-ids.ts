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

/** Two FNV-1a hashes of different seeds, 32 and 16 bits of them. */
function hash48(text: string): number {
  let low = 0x811c9dc5;
  let high = 0x9747b28c;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    low = Math.imul(low ^ code, 0x01000193);
    high = Math.imul(high ^ code, 0x01000193);
  }
  return (low >>> 0) + ((high >>> 16) & 0xffff) * 0x100000000;
}
