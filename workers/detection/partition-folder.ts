import { IncidentError } from '../../domain/errors';
import type { RiskThresholds } from '../../domain/risk';
import type { Subject } from '../../domain/subject';
import type { PartitionEvent, UsageEvent } from '../../domain/usage-event';
import type { Place } from '../../detectors/located-event';
import { longestIdle, putAway, strangersIn, wake, type IdleSubject } from '../../detectors/eviction';
import { foldPartition, type FoldResult } from '../../detectors/partition-fold';
import { notAhead } from '../../detectors/time-rules';
import { emptyPartition, type PartitionState } from '../../detectors/partition-state';
import { textOfBytes } from '../../domain/text-of-bytes';
import { notHeld } from '../../detectors/shards';
import { shardOf } from '../../detectors/subject-shards';
import { untilDone } from '../sources/back-off';
import type { IntelContents } from './intel-contents';
import { publishDeadLetter, type DeadLetter } from './dead-letter';
import { parseBatch } from './parse-batch';
import { Outbox, type StoreDetection } from './outbox';
import { prepareDetection, type Held, type PublishingParts } from './publish-detection';
import type { IdleSubjects } from './idle-subjects';
import { heldBy, NO_SNAPSHOT, type SnapshotStore, type Stored, type TakenChunk } from './snapshot-store';
import { nameOf } from '../../domain/name-of';
import { principalOf } from '../../domain/principal-of';

/** Times as many subjects are in memory as should be, when they can't be put away. */
const MOST_TOO_MANY = 1.5;
const KEEP_AGAIN_MS = 5_000;

/** A message of the stream, from the consumer or read from the stream itself. */
export interface StoredUsage {
  readonly subject: string;
  readonly seq: number;
  readonly data: Uint8Array;
  /** When the stream stored it, milliseconds since the epoch. */
  readonly storedAt: number;
}

export interface FolderParts extends PublishingParts {
  readonly partition: number;
  readonly partitions: number;
  readonly locate: (event: UsageEvent) => Place;
  readonly store: StoreDetection;
  readonly intel: Pick<IntelContents, 'ask' | 'keep' | 'load' | 'loadAgain'>;
  readonly snapshots: SnapshotStore;
  readonly idle: Pick<IdleSubjects, 'find' | 'isEmpty' | 'keep' | 'stream'>;
  /** When `USAGE` was made, and the sequence of its last message. */
  readonly endOfStream: () => Promise<{ readonly created: string; readonly end: number }>;
  /** Subjects in memory: see `PARTITION_LIMITS`. */
  readonly subjectsInMemory: number;
  /** By what the policy weighs evidence: see `RiskKeeper`. */
  readonly risk: RiskThresholds;
  /** From how late on it sheds learning: see `PaceKeeper`. */
  readonly behindMs: number;
  /** Sees every use that is folded, also a second time after a crash; it must not wait. */
  readonly onUse: (event: UsageEvent) => void;
  readonly signal: AbortSignal;
}

/** Another worker has written the partition's snapshot: what we hold of it is void. */
export class OwnershipLost extends Error {
  override readonly name = 'OwnershipLost';
}

/**
 * One partition's state and how far it has come. The order is: hold and detections stored, then the snapshot; so a crash in between repeats
 * detections, whose ids are the same, and never misses one.
 */
export class PartitionFolder {
  #state: PartitionState = emptyPartition();
  #stored: Stored = NO_SNAPSHOT;
  /** What a snapshot holds of each shard, and after a restart the state, too. */
  #held = heldBy(NO_SNAPSHOT);
  #folded = 0;
  /** When those who are idle may be put away again, after it failed. */
  #keepAgainAt = 0;
  /** The last message of the stream, as of when another worker may last have folded any. */
  #streamEnd = Infinity;
  /** Between the fold of a message and its holds no chunk of the state may be taken. */
  #whole = true;
  #outbox: Outbox;
  /** The last chunk that was taken, while it may be written. */
  #taken: TakenChunk | undefined;
  /** The last write of a chunk, ended or not. */
  #writing: Promise<unknown> = Promise.resolve();

  constructor(private readonly parts: FolderParts) {
    this.#outbox = new Outbox(parts.store, parts.signal);
  }

  /** Detections that are not stored yet are left to whoever goes on from the snapshot. The state is void until it is loaded again. */
  giveUp(): void {
    this.#outbox.giveUp();
  }

  /** The last message the state holds. */
  get folded(): number {
    return this.#folded;
  }

  /** Whether it only counts what could only teach. */
  get isShedding(): boolean {
    return this.#state.shedsSince !== undefined;
  }

  /** By what it was last told to weigh evidence. */
  get risk(): PartitionState['risk'] {
    return this.#state.risk;
  }

  /** The last message that the snapshot holds of every shard: up to it, all may be acknowledged. */
  get saved(): number {
    return Math.min(...this.#held);
  }

  /** Goes to the stored snapshot. */
  async load(): Promise<void> {
    const { stored, state } = await this.parts.snapshots.load();
    const { revision } = stored;
    if (revision > 0 && !state) {
      const { partition, log } = this.parts;
      log.error({ partition, revision }, 'the snapshot is unreadable; the state is made anew from the stream');
    }
    // What was kept beside a snapshot that is lost is still there.
    this.#state = state ?? { ...emptyPartition(), ...((await this.parts.idle.isEmpty()) ? {} : { hasIdle: true }) };
    await this.parts.intel.loadAgain(this.parts.partition, this.#state.intel?.lists ?? []);
    this.#stored = stored;
    this.#held = heldBy(stored);
    this.#folded = this.saved;
    this.#whole = true;
    this.giveUp();
    this.#outbox = new Outbox(this.parts.store, this.parts.signal);
    const { created, end } = await this.parts.endOfStream();
    this.#streamEnd = end;
    const isAnother = stored.stream !== undefined && stored.stream !== created;
    if (isAnother || Math.max(...this.#held) > end) this.#goBack(isAnother || stored.stream === undefined ? 0 : end);
    this.#stored = { ...this.#stored, stream: created };
    this.parts.idle.stream = created;
  }

  /**
   * The stream was made anew under our state, or has lost its last messages. What the state knows is kept; of what comes it has none after `sequence`, whatever it had before.
   */
  #goBack(sequence: number): void {
    const { partition, log } = this.parts;
    log.error(
      { partition, sequence, held: Math.max(...this.#held) },
      'the stream is another than the snapshot tells of',
    );
    const { revision, chunks } = this.#stored;
    const until = (held: number): number => Math.min(held, sequence);
    this.#stored = { revision, chunks: chunks.map((chunk) => ({ ...chunk, sequence: until(chunk.sequence) })) };
    this.#held = heldBy(this.#stored);
    this.#folded = this.saved;
  }

  /** Loads again when somebody else has written a snapshot since. */
  async refresh(): Promise<void> {
    // A chunk that waits to be written is taken anew later: one of ours would look like somebody else's.
    this.#taken = undefined;
    await this.#writing;
    if ((await this.parts.snapshots.revision()) !== this.#stored.revision) await this.load();
    else this.#streamEnd = (await this.parts.endOfStream()).end;
  }

  /** @throws when it was aborted: before the message, so that the state may be saved still; or within it, and then the state is void until it is loaded again. */
  async fold(message: StoredUsage): Promise<void> {
    const { partition, partitions, locate, intel, counters } = this.parts;
    await this.#outbox.room();
    const { events: sent, faults } = parseBatch(textOfBytes(message.data), partition, partitions);
    this.#whole = false;
    for (const fault of faults) await this.#keep({ ...fault, stream: 'usage', message });
    const timed = sent.map((event) => notAhead(event, message.storedAt));
    const known = await this.#withContents(timed, message);
    for (const event of known) if (event.kind === 'usage') this.parts.onUse(event);
    const events = await this.#wake(notHeld(this.#state, known, this.#held, message.seq), message.seq);
    const result = foldPartition(this.#state, events, { locate, askList: intel.ask, storedAt: message.storedAt });
    this.#state = result.state;
    if (events.some(({ kind }) => kind === 'intel')) intel.keep(partition, this.#state.intel?.lists ?? []);
    for (const { code, detector, event, cause } of result.failures) {
      counters.detectorFailures += 1;
      const content = { part: `${detector}:${event.id}`, body: JSON.stringify({ events: [event] }) };
      await this.#keep({ stream: 'detector', message, error: new IncidentError(code, { detector, cause }), content });
    }
    if (result.messages.length > 0) await this.#tell(result.messages, judgesOf(events));
    await this.#evict(message.seq);
    this.#whole = true;
    this.#folded = message.seq;
    counters.messages += 1;
    counters.events += events.length;
  }

  async #tell(messages: FoldResult['messages'], judges: ReturnType<typeof judgesOf>): Promise<void> {
    const held: Held = new Map();
    for (const found of messages) {
      const prepared = await prepareDetection(this.parts, found, held);
      this.#outbox.put(prepared, judges.get(found.detection.subject) ?? []);
    }
  }

  /**
   * Writes the part of the snapshot that is furthest behind, once the detections of what it holds are stored; true when it was written. What it holds is
   * taken before this returns, so the next messages may be folded meanwhile; another part may not be saved. @throws OwnershipLost
   */
  async save(): Promise<boolean> {
    if (!this.#whole || this.#folded === this.saved) return false;
    const { snapshots, partition, log } = this.parts;
    const taken = snapshots.take(this.#stored, this.#folded, this.#state);
    this.#taken = taken;
    const isTold = await this.#outbox.storedSoFar();
    // Meanwhile it was looked whether the snapshot is still ours.
    if (this.#taken !== taken) return false;
    if (!isTold) {
      log.warn({ partition }, 'no snapshot is written, since detections are not stored yet');
      return false;
    }
    const writing = snapshots.write(taken);
    this.#writing = writing.catch(() => undefined);
    const stored = await writing;
    if (!stored) throw new OwnershipLost(`partition ${partition}`);
    this.#stored = stored;
    this.#held = heldBy(stored);
    this.parts.counters.snapshots += 1;
    return true;
  }

  /** Brings back whom these events concern; what is left is to be folded. */
  async #wake(events: readonly PartitionEvent[], seq: number): Promise<readonly PartitionEvent[]> {
    const strangers = strangersIn(this.#state, events);
    if (strangers.length === 0) return events;
    const before = this.#state.subjects.size;
    const left = wake(this.#state, events, await this.#idle(strangers), seq);
    this.parts.counters.woken += this.#state.subjects.size - before;
    return left;
  }

  /** Those of them that were put away. None can hold a message that the stream does not have: see `#goBack`. */
  async #idle(subjects: readonly string[]): Promise<ReadonlyMap<string, IdleSubject>> {
    const found = await this.parts.idle.find(subjects);
    const end = Math.max(this.#streamEnd, this.#folded);
    const known = ({ streamSequence, state }: IdleSubject): IdleSubject => ({
      streamSequence: Math.min(streamSequence, end),
      state,
    });
    return new Map([...found].map(([name, idle]) => [name, known(idle)]));
  }

  /** Whose detections wait stays: who goes now is not folded again, whatever the snapshot is of. */
  async #evict(seq: number): Promise<void> {
    const { subjectsInMemory, partition, log } = this.parts;
    const isFull = this.#state.subjects.size > subjectsInMemory * MOST_TOO_MANY;
    if (!isFull && Date.now() < this.#keepAgainAt) return;
    const idle = longestIdle(this.#state, subjectsInMemory);
    if (idle.length === 0) return;
    const { concerned } = this.#outbox;
    const leaving = idle.filter(([name]) => !concerned.has(name));
    // After a restart a shard may hold more than the message at hand.
    const heldOf = (name: string): number => Math.max(seq, this.#held[shardOf(name)] ?? 0);
    try {
      await this.parts.idle.keep(leaving.map(([name, state]) => [name, { streamSequence: heldOf(name), state }]));
    } catch (error) {
      this.#keepAgainAt = Date.now() + KEEP_AGAIN_MS;
      const forgotten = isFull ? leaving.filter(([, { listed }]) => listed === 'none') : [];
      log.error({ partition, error: nameOf(error), forgotten: forgotten.length }, 'the idle can not be put away');
      // A full bucket must not keep holds from being written. They stay here as long as there is room, and then are known no more.
      putAway(this.#state, forgotten);
      return;
    }
    putAway(this.#state, leaving);
    this.parts.counters.evicted += leaving.length;
  }

  /** Loads what events put in force. One that names what is nowhere is left out: the lists before it stay in force. */
  async #withContents(events: readonly PartitionEvent[], message: StoredUsage): Promise<readonly PartitionEvent[]> {
    if (!events.some(({ kind }) => kind === 'intel')) return events;
    const loaded: PartitionEvent[] = [];
    for (const event of events) {
      const error = event.kind === 'intel' ? await this.parts.intel.load(this.parts.partition, event.lists) : undefined;
      if (!error) loaded.push(event);
      else {
        const content = { part: event.id, body: JSON.stringify({ events: [event] }) };
        await this.#keep({ stream: 'usage', message, error, content });
      }
    }
    return loaded;
  }

  async #keep(letter: DeadLetter): Promise<void> {
    const { nats, signal, log, counters } = this.parts;
    const { message, error } = letter;
    const said = { code: error.code, sequence: message.seq };
    await untilDone(() => publishDeadLetter(nats, letter), {
      signal,
      onFailure: (failure, tries) => {
        log.warn({ ...said, error: nameOf(failure), tries }, 'a dead letter is not kept yet; tried again');
      },
    });
    counters.deadLetters += 1;
    log.error({ ...said, ...error.fields }, 'part of a usage message went to the dead letters');
  }
}

/** By credential used: whose states found what was found of it. More than one's, where it is said to be of several principals. */
function judgesOf(events: readonly PartitionEvent[]): ReadonlyMap<Subject, readonly string[]> {
  const judges = new Map<Subject, string[]>();
  for (const event of events) {
    if (event.kind !== 'usage') continue;
    const [known, principal] = [judges.get(event.subject), principalOf(event)];
    if (!known) judges.set(event.subject, [principal]);
    else if (!known.includes(principal)) known.push(principal);
  }
  return judges;
}
