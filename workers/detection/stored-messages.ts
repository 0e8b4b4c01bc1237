import { jetstreamManager, type StoredMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';

const AT_ONCE = 100;
const NOT_FOUND = 404;

/** All that a stream holds of some subjects by now, oldest first. Needs the NATS user `admin`. */
export async function* storedMessages(
  nats: NatsConnection,
  stream: string,
  subjects: string,
): AsyncGenerator<StoredMsg> {
  const { direct, streams } = await jetstreamManager(nats);
  // What comes meanwhile may come faster than it is read.
  const { state } = await streams.info(stream);
  for (let seq = 1; seq <= state.last_seq;) {
    let last: number | undefined;
    try {
      for await (const message of await direct.getBatch(stream, { seq, next_by_subj: subjects, batch: AT_ONCE })) {
        last = message.seq;
        yield message;
      }
    } catch (error) {
      // How NATS says that there are no more.
      if (!(error instanceof Error && 'code' in error && error.code === NOT_FOUND)) throw error;
    }
    if (last === undefined) return;
    seq = last + 1;
  }
}
