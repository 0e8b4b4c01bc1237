import { PARTITION_LIMITS, type PartitionState, type SubjectState } from './partition-state';

/** Share of a full partition that is emptied at once, so that a full one is not sorted for every new subject. */
const EMPTIED_SHARE = 0.1;

/** Forgets what was idle too long. On the partition's own clock, so that a replay forgets the same. */
export function sweepIdle(state: PartitionState): void {
  if (state.clock < state.nextSweepAt) return;
  state.nextSweepAt = state.clock + PARTITION_LIMITS.sweepEveryMs;
  const oldest = state.clock - PARTITION_LIMITS.idleMs;
  for (const [subject, { lastAt, listed }] of Object.entries(state.subjects)) {
    // What is listed must be recognised whenever it is used again.
    if (lastAt < oldest && listed === 'none') forget(state, subject);
  }
}

/** Makes room when full: those idle longest go, listed ones last. */
export function makeRoom(state: PartitionState, limit: number = PARTITION_LIMITS.subjects): void {
  if (state.size < limit) return;
  const isListed = (subject: SubjectState) => (subject.listed === 'none' ? 0 : 1);
  const byIdleness = Object.entries(state.subjects).sort(
    ([nameA, a], [nameB, b]) => isListed(a) - isListed(b) || a.lastAt - b.lastAt || (nameA < nameB ? -1 : 1),
  );
  for (const [subject] of byIdleness.slice(0, Math.ceil(limit * EMPTIED_SHARE))) forget(state, subject);
}

function forget(state: PartitionState, subject: string): void {
  delete state.subjects[subject];
  state.size -= 1;
}
