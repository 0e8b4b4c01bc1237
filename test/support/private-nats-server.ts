import { startLocalStack, type ManagedServer } from '../../stack/local-stack';
import type { NatsConfig } from '../../stack/nats-server';

export interface PrivateNatsServer {
  url: string;
  /** To crash it and start it again. */
  server: ManagedServer;
  stop(): Promise<void>;
}

/** A nats-server for one test file: with configuration of its own (users, limits), or to be killed. */
export async function privateNatsServer(natsConfig: NatsConfig = {}): Promise<PrivateNatsServer> {
  const stack = await startLocalStack({ servers: ['nats'], natsConfig });
  const server = stack.nats?.server;
  if (!stack.nats || !server) throw new Error('the NATS server came up without a handle');
  return { url: stack.nats.url, server, stop: () => stack.stop() };
}
