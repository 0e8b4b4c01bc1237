import type { PartitionEvent } from '../../../domain/usage-event';
import { Utf8Text } from '../../../domain/utf8-text';
import { isForgotten, putAway, strangersIn, wake, type IdleSubject } from '../../../detectors/eviction';
import { foldPartition } from '../../../detectors/partition-fold';
import { emptyPartition, type PartitionState, type SubjectState } from '../../../detectors/partition-state';
import { SAMPLE_PLACES } from '../../../detectors/sample-life';
import { joinChunks, nextChunk, notHeld, type Chunk } from '../../../detectors/shards';
import {
  restorePartition,
  restoreSubject,
  STATE_SCHEMA,
  storeSubject,
  type StoredSubject,
} from '../../../detectors/stored-state';
import { shardOf } from '../../../detectors/subject-shards';
import { locateIn, type Message } from './folding';

interface StoredChunk {
  readonly sequence: number;
  readonly shards: readonly number[];
  readonly json: string;
}

/** A partition's worker without NATS, one event a message: what it has stored outlives it. */
export class KillableWorker {
  /** What was published last under each id. */
  readonly published = new Map<string, Message>();
  #chunks: readonly StoredChunk[] = [];
  readonly #away = new Map<string, string>();
  #state = emptyPartition();
  #held = joinChunks([]).held;
  #position = 0;

  constructor(private readonly events: readonly PartitionEvent[]) {}

  fold(count: number): void {
    const end = Math.min(this.events.length, this.#position + count);
    while (this.#position < end) this.#take(this.#position + 1);
  }

  /** The first so many of those in memory that are put away, in no order that means anything. */
  putAway(count: number): void {
    const leaving = [...this.#state.subjects].slice(0, count);
    for (const [name, state] of leaving) {
      const streamSequence = Math.max(this.#position, this.#held[shardOf(name)] ?? 0);
      const before = this.#idle(name);
      // Of two entries the later one is right, whoever wrote it.
      if ((before?.streamSequence ?? -1) < streamSequence)
        this.#away.set(name, JSON.stringify({ streamSequence, state: storeSubject(state) }));
    }
    putAway(this.#state, leaving);
  }

  save(leastLength: number): void {
    const text = new Utf8Text();
    const [sequence, shards] = [this.#position, nextChunk(this.#state, this.#held, this.#position, leastLength, text)];
    const json = text.toString();
    const others = this.#chunks.map((chunk) => ({
      ...chunk,
      shards: chunk.shards.filter((shard) => !shards.includes(shard)),
    }));
    this.#chunks = [...others.filter((chunk) => chunk.shards.length > 0), { sequence, shards, json }];
    this.#held = this.#stored().held;
  }

  restart(): void {
    const { state, held } = this.#stored();
    this.#state = state;
    this.#held = held;
    this.#position = Math.min(...held);
  }

  /** The whole state, wherever its subjects are. */
  get state(): PartitionState {
    const away = [...this.#away].map(([name, json]) => [name, idleOf(name, json).state] as const);
    return { ...this.#state, subjects: new Map([...away, ...this.#state.subjects]) };
  }

  #take(sequence: number): void {
    const event = this.events[sequence - 1];
    if (!event) return;
    const state = this.#state;
    const left = notHeld(state, [event], this.#held, sequence);
    const known = strangersIn(state, left).flatMap((name) => {
      const idle = this.#idle(name);
      return idle ? [[name, idle] as const] : [];
    });
    const events = wake(state, left, new Map(known), sequence);
    const result = foldPartition(state, events, { locate: locateIn(SAMPLE_PLACES) });
    for (const message of result.messages) this.published.set(message.detection.id, message);
    this.#state = result.state;
    this.#position = sequence;
  }

  #stored(): ReturnType<typeof joinChunks> {
    const chunks = this.#chunks.map(({ json, ...chunk }): Chunk => {
      const state = restorePartition(JSON.parse(json));
      if (!state) throw new Error('the snapshot could not be restored');
      return { ...chunk, state };
    });
    return joinChunks(chunks);
  }

  #idle(name: string): IdleSubject | undefined {
    const json = this.#away.get(name);
    return json === undefined ? undefined : idleOf(name, json);
  }
}

function idleOf(name: string, json: string): IdleSubject {
  const { streamSequence, state } = JSON.parse(json) as { streamSequence: number; state: StoredSubject };
  return { streamSequence, state: restoreSubject(name, state, STATE_SCHEMA) };
}

/** What of a state means anything: not who is still there though forgotten, nor how many. */
export function meaningOf({ clock, shedsSince, risk, subjects }: PartitionState): {
  readonly clock: number;
  readonly shedsSince: number | undefined;
  readonly risk: PartitionState['risk'];
  readonly subjects: Readonly<Record<string, SubjectState>>;
} {
  const known = [...subjects].filter(([, subject]) => !isForgotten(subject, clock));
  return { clock, shedsSince, risk, subjects: Object.fromEntries(known) };
}
