import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { ensureStreams } from '../../workers/detection/streams';
import { TEST_PARTITIONS } from './api-parts';
import { listeningApi, type ListeningApi, type ListeningApiOptions } from './listening-api';
import { privateNatsServer, type PrivateNatsServer } from './private-nats-server';

export interface IsolatedApi extends ListeningApi {
  /** To be stopped, and started again. */
  readonly natsServer: PrivateNatsServer['server'];
  /** The test's own connection; the API has others. */
  readonly nats: NatsConnection;
}

/** A listening API with a NATS server of its own, too, that has the streams. */
export async function isolatedApi(
  name: string,
  options: Omit<ListeningApiOptions, 'connectNats'>,
): Promise<IsolatedApi> {
  const { url: servers, server: natsServer, stop: stopNats } = await privateNatsServer();
  const connectNats = () => connect({ servers, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
  const nats = await connectNats();
  await ensureStreams(await jetstreamManager(nats), { partitions: TEST_PARTITIONS });
  const api = await listeningApi(name, { ...options, connectNats });
  return {
    ...api,
    natsServer,
    nats,
    async stop(workflowIds) {
      await api.stop(workflowIds);
      await nats.close();
      await stopNats();
    },
  };
}
