import { setImmediate as afterOthers } from 'node:timers/promises';
import type { KV } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import { pino } from 'pino';
import { DEFAULT_RISK } from '../../../domain/risk';
import type { PartitionEvent } from '../../../domain/usage-event';
import type { IdleSubject } from '../../../detectors/eviction';
import { SAMPLE_PLACES } from '../../../detectors/sample-life';
import { restoreSubject, STATE_SCHEMA, storeSubject } from '../../../detectors/stored-state';
import type { PartitionState } from '../../../detectors/partition-state';
import { zeroCounters } from '../../../workers/detection/counters';
import { PartitionFolder, type FolderParts, type StoredUsage } from '../../../workers/detection/partition-folder';
import { SnapshotStore } from '../../../workers/detection/snapshot-store';
import { locateIn, type Message } from '../detectors/folding';

/** Later than any event, so that none is ahead of its time. */
export const STORED_AT = 4_000_000_000_000;

/** What a worker has under way, and is lost with it. */
interface Worker {
  readonly folder: PartitionFolder;
  readonly stop: AbortController;
  /** Each stores a detection, and answers when it is to. */
  readonly sends: ((answers: boolean) => void)[];
  isSaving: boolean;
  isDead: boolean;
}

/** A partition's folder without NATS: what it has stored outlives it. */
export class KillableFolder {
  /** What the stream of detections was last given under each id. */
  readonly told = new Map<string, Message>();
  readonly counters = zeroCounters();
  readonly #bucket = new Map<string, { readonly revision: number; readonly value: Uint8Array }>();
  readonly #away = new Map<string, { readonly streamSequence: number; readonly state: string }>();
  #revision = 0;
  #worker!: Worker;

  constructor(
    private readonly messages: readonly (readonly PartitionEvent[])[],
    private readonly subjectsInMemory = Infinity,
  ) {}

  async start(): Promise<void> {
    const [stop, sends] = [new AbortController(), [] as Worker['sends']];
    const worker = { stop, sends, isSaving: false, isDead: false };
    this.#worker = Object.assign(worker, { folder: new PartitionFolder(this.#parts(worker)) });
    await this.#worker.folder.load();
  }

  get folder(): PartitionFolder {
    return this.#worker.folder;
  }

  /** Detections that are under way: one at most. */
  get isSending(): boolean {
    return this.#worker.sends.length > 0;
  }

  async fold(count: number): Promise<void> {
    const { folder } = this;
    const end = Math.min(this.messages.length, folder.folded + count);
    while (folder.folded < end) await folder.fold(this.#message(folder.folded + 1));
    await afterOthers();
  }

  /** Lets the stream take so many detections. */
  async tell(count: number): Promise<void> {
    for (let told = 0; told < count && this.isSending; told++) {
      this.#worker.sends.shift()?.(true);
      await afterOthers();
    }
  }

  /** Begins to save, where that is not under way already. */
  async save(): Promise<void> {
    const worker = this.#worker;
    if (!worker.isSaving) {
      worker.isSaving = true;
      void worker.folder.save().finally(() => (worker.isSaving = false));
    }
    await afterOthers();
  }

  /** As a worker that is told to: what waits is still told. */
  stop(): void {
    this.#worker.stop.abort();
  }

  /** `unanswered`: the stream has the next detection, and nobody was told. */
  async kill({ unanswered = false } = {}): Promise<void> {
    if (unanswered) this.#worker.sends.shift()?.(false);
    this.#worker.isDead = true;
    this.#worker.folder.giveUp();
    await afterOthers();
  }

  /** All that is stored of the state, wherever its subjects are. */
  async stored(): Promise<PartitionState | undefined> {
    const { state } = await new SnapshotStore(this.#kv({ isDead: false }), 0).load();
    if (!state) return undefined;
    const away = this.#idle([...this.#away.keys()]).map(([name, idle]) => [name, idle.state] as const);
    return { ...state, subjects: new Map([...away, ...state.subjects]) };
  }

  #message(seq: number): StoredUsage {
    const data = Buffer.from(JSON.stringify({ events: this.messages[seq - 1] }));
    return { subject: 'usage.0', seq, data, storedAt: STORED_AT };
  }

  #parts(worker: Omit<Worker, 'folder'>): FolderParts {
    return {
      nats: {} as NatsConnection,
      partition: 0,
      partitions: 1,
      hold: () => Promise.resolve(undefined),
      holdFrom: 'high',
      inventory: { lookup: () => undefined },
      weigh: (assessment) => assessment,
      log: pino({ level: 'silent' }),
      counters: this.counters,
      risk: DEFAULT_RISK,
      behindMs: Infinity,
      onUse: () => undefined,
      locate: locateIn(SAMPLE_PLACES),
      subjectsInMemory: this.subjectsInMemory,
      endOfStream: () => Promise.resolve({ created: 'once', end: this.messages.length }),
      intel: {
        ask: () => undefined,
        keep: () => undefined,
        load: () => Promise.resolve(undefined),
        loadAgain: () => Promise.resolve(),
      },
      store: ({ message }, signal) =>
        new Promise((resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
          worker.sends.push((answers) => {
            this.told.set(message.detection.id, message);
            if (answers) resolve();
          });
        }),
      snapshots: new SnapshotStore(this.#kv(worker), 0),
      idle: {
        stream: undefined,
        isEmpty: () => Promise.resolve(this.#away.size === 0),
        find: (names) => Promise.resolve(new Map(this.#idle(names))),
        keep: (entries) => {
          for (const [name, { streamSequence, state }] of entries)
            // Of two entries the later one is right, whoever wrote it.
            if ((this.#away.get(name)?.streamSequence ?? -1) < streamSequence)
              this.#away.set(name, { streamSequence, state: JSON.stringify(storeSubject(state)) });
          return Promise.resolve();
        },
      },
      signal: worker.stop.signal,
    };
  }

  #idle(names: readonly string[]): readonly (readonly [string, IdleSubject])[] {
    return names.flatMap((name) => {
      const entry = this.#away.get(name);
      if (!entry) return [];
      const state = restoreSubject(name, JSON.parse(entry.state) as Parameters<typeof restoreSubject>[1], STATE_SCHEMA);
      return [[name, { streamSequence: entry.streamSequence, state }] as const];
    });
  }

  /** As the dead see it, it never answers. */
  #kv(worker: { isDead: boolean }): KV {
    const answer = <T>(work: () => T): Promise<T> =>
      worker.isDead ? new Promise(() => undefined) : new Promise((resolve) => resolve(work()));
    const kv = {
      get: (key: string) =>
        answer(() => {
          const entry = this.#bucket.get(key);
          return entry && { ...entry, operation: 'PUT', string: () => Buffer.from(entry.value).toString() };
        }),
      put: (key: string, value: string | Uint8Array, { previousSeq }: { previousSeq?: number } = {}) =>
        answer(() => {
          const known = this.#bucket.get(key)?.revision ?? 0;
          if (previousSeq !== undefined && previousSeq !== known)
            throw Object.assign(new Error('wrong last sequence'), { code: 10_071 });
          this.#revision += 1;
          this.#bucket.set(key, { revision: this.#revision, value: Buffer.from(value) });
          return this.#revision;
        }),
      purge: (key: string) => answer(() => void this.#bucket.delete(key)),
      keys: () => answer(() => [...this.#bucket.keys()].filter((key) => key.split('.').length === 4)),
    };
    return kv as unknown as KV;
  }
}
