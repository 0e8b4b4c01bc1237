import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** `black-hole`: connections are taken and stay open, and nothing goes through any more, as with a half-open TCP connection. */
export type ProxyMode = 'pass' | 'black-hole' | 'refuse';

/** A TCP proxy on loopback that can break the way to a server as networks do. */
export class FaultProxy {
  #mode: ProxyMode = 'pass';
  readonly #pairs = new Map<Socket, Socket>();

  private constructor(
    private readonly server: Server,
    private readonly target: { readonly host: string; readonly port: number },
  ) {
    server.on('connection', (client) => this.accept(client));
  }

  static async start(target: { readonly host: string; readonly port: number }): Promise<FaultProxy> {
    const server = createServer();
    const proxy = new FaultProxy(server, target);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Takes effect on the connections that are open as well; `pass` brings no broken connection back to life. */
  set mode(mode: ProxyMode) {
    this.#mode = mode;
    for (const [client, upstream] of this.#pairs) {
      if (mode === 'refuse') client.destroy();
      if (mode === 'black-hole') silence(client, upstream);
    }
  }

  async stop(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    for (const client of this.#pairs.keys()) client.destroy();
    await closed;
  }

  private accept(client: Socket): void {
    if (this.#mode === 'refuse') return void client.resetAndDestroy();
    const upstream = connect(this.target);
    this.#pairs.set(client, upstream);
    client
      .on('error', () => undefined)
      .on('close', () => {
        this.#pairs.delete(client);
        upstream.destroy();
      });
    upstream.on('error', () => client.destroy());
    if (this.#mode === 'black-hole') return silence(client, upstream);
    client.pipe(upstream);
    upstream.pipe(client);
  }
}

/** Bytes are read and thrown away, so that the sender's window never fills; the end of one side is not told to the other. */
function silence(client: Socket, upstream: Socket): void {
  client.unpipe(upstream);
  upstream.unpipe(client);
  client.resume();
  upstream.resume();
}
