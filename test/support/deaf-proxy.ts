import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface DeafProxy {
  readonly port: number;
  stop(): Promise<void>;
}

/** A TCP proxy that loses the answer: what is said goes through, and from the moment `word` was said nothing comes back. `onLost`: an answer was given. */
export async function startDeafProxy(port: number, word: string, onLost: () => void): Promise<DeafProxy> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    let isDeaf = false;
    sockets.add(client).add(upstream);
    client.on('data', (said) => {
      isDeaf ||= said.includes(word);
      upstream.write(said);
    });
    upstream.on('data', (answer) => {
      if (isDeaf) onLost();
      else client.write(answer);
    });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const)
      one.on('error', () => undefined).on('close', () => other.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
