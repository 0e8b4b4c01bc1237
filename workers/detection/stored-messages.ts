import { jetstreamManager, type JetStreamManager, type StoredMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';

const AT_ONCE = 100;
const NOT_FOUND = 404;

/** All that a stream holds of some subjects by now, oldest first. Needs the NATS user `admin`. */
export async function* storedMessages(
  nats: NatsConnection,
  stream: string,
  subjects: string,
): AsyncGenerator<StoredMsg> {
  const manager = await jetstreamManager(nats);
  // What comes meanwhile may come faster than it is read.
  const { state } = await manager.streams.info(stream);
  yield* storedBetween(manager, { stream, subjects, first: 1, end: state.last_seq + 1 });
}

export interface StoredRange {
  readonly stream: string;
  readonly subjects: string;
  readonly first: number;
  /** Of the first message that is not wanted any more. */
  readonly end: number;
}

/** What a stream holds of some subjects between two sequences, in order, read from the stream itself. */
export async function* storedBetween(
  manager: JetStreamManager,
  { stream, subjects, first, end }: StoredRange,
): AsyncGenerator<StoredMsg> {
  for (let next = first; next < end;) {
    const batch = await readBatch(manager, stream, { seq: next, next_by_subj: subjects, batch: AT_ONCE });
    for (const message of batch) if (message.seq < end) yield message;
    const last = batch.at(-1);
    if (!last) return;
    next = last.seq + 1;
  }
}

type BatchRequest = Parameters<JetStreamManager['direct']['getBatch']>[1];

async function readBatch(
  { direct }: JetStreamManager,
  stream: string,
  request: BatchRequest,
): Promise<readonly StoredMsg[]> {
  const batch: StoredMsg[] = [];
  try {
    for await (const message of await direct.getBatch(stream, request)) batch.push(message);
  } catch (error) {
    // How NATS says that there are no more.
    if (!(error instanceof Error && 'code' in error && error.code === NOT_FOUND)) throw error;
  }
  return batch;
}
