import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import type { InventoryRecord } from '../../domain/credential';
import type { Assessment } from '../../domain/detection';
import { DEFAULT_POLICY } from '../../domain/policy';
import { DEFAULT_RISK, type RiskThresholds } from '../../domain/risk';
import type { Severity } from '../../domain/severity';
import type { Subject } from '../../domain/subject';
import type { UsageEvent } from '../../domain/usage-event';
import { PARTITION_LIMITS } from '../../detectors/partition-state';
import type { Place } from '../../detectors/located-event';
import { zeroCounters, type DetectionCounters } from './counters';
import { openBucket } from '../../enforcement/buckets';
import { ListShelf } from '../../intel/list-shelf';
import { IntelContents } from './intel-contents';
import { IDLE_BUCKET, IdleSubjects } from './idle-subjects';
import { createLocator } from './locator';
import { BEHIND_MS } from './pace-keeper';
import type { FolderParts } from './partition-folder';
import { PartitionWorker } from './partition-worker';
import { storeDetection, type Hold } from './publish-detection';
import { SNAPSHOT_BUCKET, SnapshotStore } from './snapshot-store';
import { ensureStreams, USAGE_STREAM } from './streams';

export interface DetectionOptions {
  readonly nats: NatsConnection;
  /** The same everywhere, and for ever: see `ensureStreams`. */
  readonly partitions: number;
  readonly hold: Hold;
  readonly inventory: { lookup(subject: Subject): InventoryRecord | undefined };
  readonly log: Logger;
  /** From which severity on a hold is written; by default the policy's own. */
  readonly holdFrom?: Severity;
  /** By what the policy weighs evidence; by default the policy's own. */
  readonly risk?: RiskThresholds;
  /** What the policy makes of evidence; by default nothing else. */
  readonly weigh?: (assessment: Assessment, record: InventoryRecord) => Assessment;
  /** Sees every use, beside the detectors. */
  readonly onUse?: (event: UsageEvent) => void;
  /** Subjects of a partition in memory; by default `PARTITION_LIMITS.subjects`. */
  readonly subjectsInMemory?: number;
  /** How late a partition is, in milliseconds, when it begins to shed learning; by default `BEHIND_MS`. */
  readonly behindMs?: number;
  /** Where addresses lie; by default the database in the package. */
  readonly locate?: (event: UsageEvent) => Place;
}

export interface Detection {
  /** Ends after the message in work, with a last snapshot. */
  stop(): Promise<void>;
  readonly counters: Readonly<DetectionCounters>;
}

/** Folds every partition that no other worker has, and stands by for the rest. Resolves when the streams exist; reading goes on from there. */
export async function startDetection(options: DetectionOptions): Promise<Detection> {
  const { nats, partitions, hold, inventory, log, holdFrom = DEFAULT_POLICY.holdFrom } = options;
  const { weigh = (assessment) => assessment, risk = DEFAULT_RISK } = options;
  const onUse = options.onUse ?? (() => undefined);
  const abort = new AbortController();
  const counters = zeroCounters();
  const manager = await jetstreamManager(nats);
  await ensureStreams(manager, { partitions });
  const bucket = await openBucket(nats, SNAPSHOT_BUCKET);
  const idleBucket = await openBucket(nats, IDLE_BUCKET);
  const shelf = new ListShelf(await openBucket(nats, 'intel'));
  const intel = new IntelContents((name, content) => shelf.content(name, content), log);
  const locate = options.locate ?? createLocator();
  const endOfStream = async () => {
    const { created, state } = await manager.streams.info(USAGE_STREAM);
    return { created: String(created), end: state.last_seq };
  };

  const publishing = { nats, hold, holdFrom, weigh, inventory, log, counters };

  const workers = Array.from({ length: partitions }, (_, partition) => {
    const snapshots = new SnapshotStore(bucket, partition);
    const parts: FolderParts = {
      ...publishing,
      risk,
      partition,
      partitions,
      locate,
      store: (prepared, signal) => storeDetection(publishing, partition, prepared, signal),
      intel,
      snapshots,
      endOfStream,
      idle: new IdleSubjects(idleBucket, nats, partition),
      behindMs: options.behindMs ?? BEHIND_MS,
      subjectsInMemory: options.subjectsInMemory ?? PARTITION_LIMITS.subjects,
      onUse,
      signal: abort.signal,
    };
    return new PartitionWorker(parts, manager);
  });
  const running = workers.map((worker) => worker.run());

  return {
    counters,
    async stop() {
      abort.abort();
      await Promise.all(workers.map((worker) => worker.stop()));
      await Promise.all(running);
    },
  };
}
