import { IncidentError } from '../../domain/errors';
import type { PartitionEvent, UsageEvent } from '../../domain/usage-event';
import type { Place } from '../../detectors/located-event';
import { longestIdle, putAway, strangersIn, wake } from '../../detectors/eviction';
import { foldPartition } from '../../detectors/partition-fold';
import { notAhead } from '../../detectors/time-rules';
import { emptyPartition, type PartitionState } from '../../detectors/partition-state';
import { untilDone } from '../sources/back-off';
import type { IntelContents } from './intel-contents';
import { publishDeadLetter, type DeadLetter } from './dead-letter';
import { parseBatch } from './parse-batch';
import { publishDetection, type Held, type PublishingParts } from './publish-detection';
import type { IdleSubjects } from './idle-subjects';
import type { SnapshotStore } from './snapshot-store';

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
  readonly intel: IntelContents;
  readonly snapshots: SnapshotStore;
  readonly idle: IdleSubjects;
  /** Subjects in memory: see `PARTITION_LIMITS`. */
  readonly subjectsInMemory: number;
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
  #revision = 0;
  #folded = 0;
  #saved = 0;
  /** Between the fold of a message and the storing of its detections the state must not be saved. */
  #whole = true;

  constructor(private readonly parts: FolderParts) {}

  /** The last message the state holds. */
  get folded(): number {
    return this.#folded;
  }

  /** Whether it only counts what could only teach. */
  get isShedding(): boolean {
    return this.#state.shedsSince !== undefined;
  }

  /** The last message that a snapshot holds: up to it, all may be acknowledged. */
  get saved(): number {
    return this.#saved;
  }

  /** Goes to the stored snapshot. */
  async load(): Promise<void> {
    const { revision, streamSequence, state } = await this.parts.snapshots.load();
    if (revision > 0 && !state) {
      const { partition, log } = this.parts;
      log.error({ partition, revision }, 'the snapshot is unreadable; the state is made anew from the stream');
    }
    // What was kept beside a snapshot that is lost is still there.
    this.#state = state ?? { ...emptyPartition(), ...(revision > 0 ? { hasIdle: true } : {}) };
    await this.parts.intel.loadAgain(this.parts.partition, this.#state.intel?.lists ?? []);
    this.#revision = revision;
    this.#folded = streamSequence;
    this.#saved = streamSequence;
    this.#whole = true;
  }

  /** Loads again when somebody else has written a snapshot since. */
  async refresh(): Promise<void> {
    if ((await this.parts.snapshots.revision()) !== this.#revision) await this.load();
  }

  /** @throws when it was aborted: then the state is void until it is loaded again. */
  async fold(message: StoredUsage): Promise<void> {
    const { partition, partitions, locate, intel, counters, signal } = this.parts;
    const { events: sent, faults } = parseBatch(Buffer.from(message.data).toString('utf8'), partition, partitions);
    this.#whole = false;
    for (const fault of faults) await this.#keep({ ...fault, stream: 'usage', message });
    const known = await this.#withContents(sent, message);
    for (const event of known) {
      const timed = notAhead(event, message.storedAt);
      if (timed.kind === 'usage') this.parts.onUse(timed);
    }
    const events = await this.#wake(known, message.seq);
    const result = foldPartition(this.#state, events, { locate, askList: intel.ask, storedAt: message.storedAt });
    this.#state = result.state;
    if (events.some(({ kind }) => kind === 'intel')) intel.keep(partition, this.#state.intel?.lists ?? []);
    for (const { code, detector, event, cause } of result.failures) {
      counters.detectorFailures += 1;
      const content = { part: `${detector}:${event.id}`, body: JSON.stringify({ events: [event] }) };
      await this.#keep({ stream: 'detector', message, error: new IncidentError(code, { detector, cause }), content });
    }
    const held: Held = new Map();
    for (const finding of result.messages) await publishDetection(this.parts, finding, partition, held, signal);
    await this.#evict(message.seq);
    this.#whole = true;
    this.#folded = message.seq;
    counters.messages += 1;
    counters.events += events.length;
  }

  /** Writes a snapshot when there is news. @throws OwnershipLost */
  async save(): Promise<void> {
    if (!this.#whole || this.#folded === this.#saved) return;
    const folded = this.#folded;
    const revision = await this.parts.snapshots.save(this.#revision, folded, this.#state);
    if (revision === undefined) throw new OwnershipLost(`partition ${this.parts.partition}`);
    this.#revision = revision;
    this.#saved = folded;
    this.parts.counters.snapshots += 1;
  }

  /** Brings back whom these events concern; what is left is to be folded. */
  async #wake(events: readonly PartitionEvent[], seq: number): Promise<readonly PartitionEvent[]> {
    const strangers = strangersIn(this.#state, events);
    if (strangers.length === 0) return events;
    const before = this.#state.size;
    const left = wake(this.#state, events, await this.parts.idle.find(strangers), seq);
    this.parts.counters.woken += this.#state.size - before;
    return left;
  }

  /** Only after the detections of the message are stored: nobody who goes now sees its events again. */
  async #evict(seq: number): Promise<void> {
    const leaving = longestIdle(this.#state, this.parts.subjectsInMemory);
    if (leaving.length === 0) return;
    await this.parts.idle.keep(leaving, seq);
    putAway(this.#state, leaving);
    this.parts.counters.evicted += leaving.length;
  }

  /** Loads what events put in force. One that names what is nowhere is left out: the lists before it stay in force. */
  async #withContents(events: readonly PartitionEvent[], message: StoredUsage): Promise<readonly PartitionEvent[]> {
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
    await untilDone(() => publishDeadLetter(nats, letter), { signal });
    counters.deadLetters += 1;
    log.error(
      { code: error.code, sequence: message.seq, ...error.fields },
      'part of a usage message went to the dead letters',
    );
  }
}
