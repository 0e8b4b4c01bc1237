import {
  AckPolicy,
  DeliverPolicy,
  DiscardPolicy,
  JetStreamApiError,
  RetentionPolicy,
  StorageType,
  type JetStreamManager,
  type StreamConfig,
} from '@nats-io/jetstream';
import { IncidentError } from '../../domain/errors';
import { SHARDS } from '../../detectors/subject-shards';

export const USAGE_STREAM = 'USAGE';
export const DETECTIONS_STREAM = 'DETECTIONS';
export const DEAD_LETTERS_STREAM = 'DEADLETTERS';

/** The one priority group of a partition's consumer: its pinned client is the partition's worker. */
export const PIN_GROUP = 'detector';

const NS = 1e9;
const HOUR_NS = 3600 * NS;
const MIB = 1024 * 1024;
const PARTITIONS_KEY = 'tourniquet-partitions';

type NamedStream = Partial<StreamConfig> & { name: string };

/**
 * Usage is a log that a lost snapshot is rebuilt from: a day of it, the oldest goes first when it is full. Detections are never thrown away to
 * make room: when that stream is full, publishing fails and detection waits. Its window of a quarter of an hour makes a replay after a
 * crash harmless. `allow_direct` serves the reading of gaps.
 */
function streams(partitions: number): readonly NamedStream[] {
  const common = {
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    allow_direct: true,
    metadata: { [PARTITIONS_KEY]: String(partitions) },
  };
  return [
    {
      ...common,
      name: USAGE_STREAM,
      subjects: ['usage.*'],
      max_age: 24 * HOUR_NS,
      max_bytes: 1024 * MIB,
      discard: DiscardPolicy.Old,
      duplicate_window: 120 * NS,
    },
    {
      ...common,
      name: DETECTIONS_STREAM,
      subjects: ['detections.*'],
      max_age: 7 * 24 * HOUR_NS,
      max_bytes: 256 * MIB,
      discard: DiscardPolicy.New,
      duplicate_window: 900 * NS,
    },
    {
      ...common,
      name: DEAD_LETTERS_STREAM,
      subjects: ['deadletter.>'],
      max_age: 30 * 24 * HOUR_NS,
      max_bytes: 256 * MIB,
      discard: DiscardPolicy.Old,
      duplicate_window: 120 * NS,
    },
  ];
}

/**
 * Creates the three streams where they are missing. Existing ones stay as they are: limits are for operators to change.
 * @throws IncidentError CONFIG_INVALID when the streams were made for another number of partitions: a subject's events would go to another
 * partition than its state, and be judged without its history.
 */
export async function ensureStreams(manager: JetStreamManager, { partitions }: { partitions: number }): Promise<void> {
  for (const stream of streams(partitions)) {
    const found = (await findStream(manager, stream.name)) ?? (await addStream(manager, stream));
    const stored = found.metadata?.[PARTITIONS_KEY];
    if (stored !== undefined && stored !== String(partitions)) {
      throw new IncidentError('CONFIG_INVALID', { stream: stream.name, partitions, storedPartitions: stored });
    }
  }
}

export function consumerName(partition: number): string {
  return `detector-${partition}`;
}

/**
 * The durable consumer of a partition. Only its pinned client is served, so that one worker folds a partition and the others stand by. The pin
 * moves after 3 s without a pull; workers pull every second. Acknowledged is what is in a snapshot, all up to it at once.
 */
export async function ensureConsumer(manager: JetStreamManager, partition: number): Promise<void> {
  await manager.consumers.add(USAGE_STREAM, {
    durable_name: consumerName(partition),
    filter_subject: `usage.${partition}`,
    ack_policy: AckPolicy.All,
    deliver_policy: DeliverPolicy.All,
    ack_wait: 30 * NS,
    // A chunk of the snapshot is written every 1,000 messages, and the slowest of them holds back the acknowledgement of all; half a second more may wait (`KEEP_TO_ACKNOWLEDGE_MS`).
    max_ack_pending: 1_000 * (SHARDS + 2),
    priority_groups: [PIN_GROUP],
    priority_policy: 'pinned_client',
    priority_timeout: 3 * NS,
  });
}

async function findStream(manager: JetStreamManager, name: string): Promise<StreamConfig | undefined> {
  try {
    return (await manager.streams.info(name)).config;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.status === 404) return undefined;
    throw error;
  }
}

async function addStream(manager: JetStreamManager, stream: NamedStream): Promise<StreamConfig> {
  try {
    return (await manager.streams.add(stream)).config;
  } catch (error) {
    // Another process was quicker, perhaps with other limits: what it made counts.
    const made = await findStream(manager, stream.name).catch(() => undefined);
    if (made) return made;
    throw error;
  }
}
