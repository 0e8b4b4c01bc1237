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
    const request = { seq: next, next_by_subj: subjects };
    const batch = await readBatch(manager, stream, { ...request, batch: AT_ONCE });
    // Any replica may have answered, and one may be behind: only the leader knows that there is none.
    const known = batch.length === 0 ? await manager.streams.getMessage(stream, request) : null;
    if (known) batch.push(known);
    for (const message of batch) if (message.seq < end) yield message;
    const last = batch.at(-1);
    if (!last) return;
    next = last.seq + 1;
  }
}

type BatchRequest = Parameters<JetStreamManager['direct']['getBatch']>[1];

/** With a callback, since the library ends the subscription of no other. */
function readBatch({ direct }: JetStreamManager, stream: string, request: BatchRequest): Promise<StoredMsg[]> {
  return new Promise((resolve, reject) => {
    const batch: StoredMsg[] = [];
    const take: BatchRequest['callback'] = (done, message) => {
      if (!done) batch.push(message);
      // How NATS says that there are no more.
      else if (!done.err || ('code' in done.err && done.err.code === NOT_FOUND)) resolve(batch);
      else reject(done.err);
    };
    direct.getBatch(stream, { ...request, callback: take }).catch(reject);
  });
}
