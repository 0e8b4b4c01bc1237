import { jetstreamManager, type JetStreamManager, type StoredMsg } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { ensureStreams } from '../../workers/detection/streams';
import { privateNatsServer, type PrivateNatsServer } from './private-nats-server';

/** A nats-server of the test file's own, with the streams of one partition, which is stopped when its tests have ended. */
export function onePartition() {
  let server: PrivateNatsServer;
  let nats: NatsConnection;
  let manager: JetStreamManager;

  beforeAll(async () => {
    server = await privateNatsServer();
    nats = await connect({ servers: server.url });
    manager = await jetstreamManager(nats);
    await ensureStreams(manager, { partitions: 1 });
  });

  afterAll(async () => {
    await nats.close();
    await server.stop();
  });

  return {
    get nats(): NatsConnection {
      return nats;
    },
    /** What lies in a stream, oldest first. */
    async messagesIn(stream: string): Promise<readonly StoredMsg[]> {
      const { state } = await manager.streams.info(stream);
      const found: StoredMsg[] = [];
      // Of an empty one both are 0, which can not be asked for.
      for (let seq = Math.max(1, state.first_seq); seq <= state.last_seq; seq++) {
        const stored = await manager.streams.getMessage(stream, { seq });
        if (stored) found.push(stored);
      }
      return found;
    },
  };
}
