import type { PartitionEvent } from '../domain/usage-event';
import type { Utf8Text } from '../domain/utf8-text';
import { withoutFolded } from './eviction';
import { emptyPartition, type PartitionState, type SubjectState } from './partition-state';
import { PartitionJson } from './stored-state';
import { namesByShard, shardOf, SHARDS } from './subject-shards';

/** By shard: the last message of the stream that its subjects' states hold. */
export type ShardSequences = readonly number[];

/** Part of a partition's state: the subjects of some shards, and what concerns all subjects, as they were after a message. */
export interface Chunk {
  /** The message. */
  readonly sequence: number;
  readonly shards: readonly number[];
  readonly state: PartitionState;
}

/**
 * Writes the shards that are furthest behind into `text`, as many as make `leastLength` bytes of JSON, and no fewer than one; gives which. Those ahead of `folded` are left out: after
 * a restart the state is further there than everything else, and what is stored of them is as far.
 */
export function nextChunk(
  state: PartitionState,
  held: ShardSequences,
  folded: number,
  leastLength: number,
  text: Utf8Text,
): readonly number[] {
  const byShard = namesByShard(state);
  const behind = Array.from({ length: SHARDS }, (_, shard) => shard)
    .filter((shard) => (held[shard] ?? 0) <= folded)
    .sort((a, b) => (held[a] ?? 0) - (held[b] ?? 0));
  const shards: number[] = [];
  const json = new PartitionJson(text, state);
  while (shards.length < behind.length && (json.length < leastLength || shards.length === 0)) {
    const shard = behind[shards.length] ?? 0;
    shards.push(shard);
    for (const name of byShard[shard] ?? []) {
      const subject = state.subjects.get(name);
      if (subject) json.add(name, subject);
    }
  }
  json.end();
  return shards;
}

/**
 * The state to go on with, and how far each of its shards is. It stands where the shard stands that is furthest behind: only what concerns all subjects is
 * taken from there, and the messages after it are to be folded for those who don't hold them yet (`notHeld`).
 */
export function joinChunks(chunks: readonly Chunk[]): {
  readonly state: PartitionState;
  readonly held: ShardSequences;
} {
  const held: number[] = Array.from({ length: SHARDS }, () => 0);
  const subjects = new Map<string, SubjectState>();
  for (const { sequence, shards, state } of chunks) {
    const current = new Set(shards);
    for (const shard of shards) held[shard] = sequence;
    // Of a chunk that others have overtaken in part, only the rest counts.
    for (const [name, subject] of state.subjects) if (current.has(shardOf(name))) subjects.set(name, subject);
  }
  const position = Math.min(...held);
  const common = chunks.find(({ sequence }) => sequence === position)?.state ?? emptyPartition();
  const hasIdle = chunks.some(({ state }) => state.hasIdle);
  return { state: { ...common, ...(hasIdle ? { hasIdle } : {}), subjects }, held };
}

/** Of the events of the message `streamSequence`, those that the state does not hold yet. */
export function notHeld(
  state: PartitionState,
  events: readonly PartitionEvent[],
  held: ShardSequences,
  streamSequence: number,
): readonly PartitionEvent[] {
  // Always, but for a while after a restart.
  if (held.every((sequence) => sequence < streamSequence)) return events;
  return withoutFolded(state, events, (subject) => (held[shardOf(subject)] ?? 0) >= streamSequence);
}
