import { principalOf } from '../domain/principal-of';
import type { PartitionEvent } from '../domain/usage-event';
import { PARTITION_LIMITS, type PartitionState, type SubjectState } from './partition-state';
import { addSubject, removeSubjects } from './subject-shards';

/** How long after its last use a subject is known, in milliseconds; what is listed must be recognised whenever it is used again. */
export function keptMs({ listed, cleanUses }: SubjectState): number {
  if (listed !== 'none') return Infinity;
  return cleanUses > 0 ? PARTITION_LIMITS.idleMs : PARTITION_LIMITS.strangerMs;
}

/**
 * Idle too long to be known any more, by the partition's own clock, so that a replay forgets the same. What is forgotten stays where it is until it is put away: an older state of it may be kept, in which it was listed, and is written over then.
 */
export function isForgotten(subject: SubjectState, clock: number): boolean {
  return subject.lastAt < clock - keptMs(subject);
}

/**
 * Those idle longest, listed ones last: so many that a tenth of `limit` is free again, but no more than a fifth of it, since nothing is folded while they are kept; none while there are not more than `limit`.
 */
export function longestIdle(state: PartitionState, limit: number): readonly [name: string, subject: SubjectState][] {
  if (state.subjects.size <= limit) return [];
  const isListed = (subject: SubjectState) => (subject.listed === 'none' ? 0 : 1);
  return [...state.subjects]
    .sort(([nameA, a], [nameB, b]) => isListed(a) - isListed(b) || a.lastAt - b.lastAt || (nameA < nameB ? -1 : 1))
    .slice(0, Math.min(state.subjects.size - Math.floor(limit * KEPT_SHARE), Math.ceil(limit * AT_ONCE_SHARE)));
}

/** What stays of a partition that was too full, so that a full one is not sorted for every new subject. */
const KEPT_SHARE = 0.9;
/** Of a state that grew while nobody could be put away the rest goes with the next messages: 58,000 at once stopped the fold for four seconds. */
const AT_ONCE_SHARE = 0.2;

/** A subject as it was when it was put away. */
export interface IdleSubject {
  /** The last message of the stream that its state holds, and whose detections are stored. */
  readonly streamSequence: number;
  readonly state: SubjectState;
}

/** Takes them out of memory: whoever keeps them must have them before the next snapshot is written. */
export function putAway(state: PartitionState, subjects: readonly (readonly [name: string, SubjectState])[]): void {
  if (subjects.length === 0) return;
  removeSubjects(
    state,
    subjects.map(([name]) => name),
  );
  state.hasIdle = true;
}

/** Subjects of these events that are not in memory, and may have been put away. */
export function strangersIn(state: PartitionState, events: readonly PartitionEvent[]): readonly string[] {
  if (!state.hasIdle) return [];
  const subjects = new Set(events.flatMap((event) => ('subject' in event ? [principalOf(event)] : [])));
  return [...subjects].filter((name) => !state.subjects.has(name));
}

/**
 * Brings back who was put away before the message `streamSequence`. Gives the events of it that are to be folded: whoever was put away after it
 * holds them already, and this is a replay. Times must be right (`notAhead`).
 */
export function wake(
  state: PartitionState,
  events: readonly PartitionEvent[],
  found: ReadonlyMap<string, IdleSubject>,
  streamSequence: number,
): readonly PartitionEvent[] {
  const isFolded = (name: string): boolean => (found.get(name)?.streamSequence ?? 0) >= streamSequence;
  for (const [name, idle] of found) {
    if (!isFolded(name)) addSubject(state, name, idle.state);
  }
  return found.size === 0 ? events : withoutFolded(state, events, isFolded);
}

/** Leaves out the events of those who hold them already, in a replay. They move the clock all the same, which is everybody's. */
export function withoutFolded(
  state: PartitionState,
  events: readonly PartitionEvent[],
  isFolded: (subject: string) => boolean,
): readonly PartitionEvent[] {
  return events.filter((event) => {
    if (!('subject' in event) || !isFolded(principalOf(event))) return true;
    state.clock = Math.max(state.clock, event.at);
    return false;
  });
}
