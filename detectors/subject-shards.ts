import { partitionOf, type Subject } from '../domain/subject';
import type { PartitionState, SubjectState } from './partition-state';

/**
 * A full partition is some 95 MB as JSON; a shard of it some 750 KB, which takes a few milliseconds to write. More shards would make the list of them
 * longer, which is written each time.
 */
export const SHARDS = 128;

/** Not by the remainder: all subjects of a partition have the same (see `partitionOf`), and would lie in a few of the shards. */
export function shardOf(subject: string): number {
  return Math.floor(partitionOf(subject as Subject, 2 ** 32) / (2 ** 32 / SHARDS));
}

/** Of states that are written in chunks. To look at all names takes longer than to write a shard. */
const grouped = new WeakMap<PartitionState, { readonly names: readonly string[][]; count: number }>();

/** The names of the subjects in memory, by shard. */
export function namesByShard(state: PartitionState): readonly (readonly string[])[] {
  const known = grouped.get(state);
  if (known?.count === state.subjects.size) return known.names;
  const names: string[][] = Array.from({ length: SHARDS }, () => []);
  let count = 0;
  for (const name of state.subjects.keys()) {
    names[shardOf(name)]?.push(name);
    count += 1;
  }
  grouped.set(state, { names, count });
  return names;
}

/** Puts a subject into the partition that is not in memory. */
export function addSubject(state: PartitionState, name: string, subject: SubjectState): void {
  state.subjects.set(name, subject);
  const known = grouped.get(state);
  if (!known) return;
  known.names[shardOf(name)]?.push(name);
  known.count += 1;
}

/** Takes subjects out that are in memory. */
export function removeSubjects(state: PartitionState, names: readonly string[]): void {
  for (const name of names) state.subjects.delete(name);
  grouped.delete(state);
}
