import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * `black-hole`: connections are taken and stay open, and nothing goes through any more, as with a half-open TCP connection.
 * `answer`: whatever is said is answered with these bytes, and the connection ends, as by a server that is too busy.
 * `loseAnswerTo`: what holds this arrives, and its connection ends when the answer comes, which is lost.
 */
export type ProxyMode =
  'pass' | 'black-hole' | 'refuse' | { readonly answer: string | Uint8Array } | { readonly loseAnswerTo: RegExp };

/** Some servers speak first: a client that says nothing for so long is answered all the same. */
const CLIENT_SPEAKS_WITHIN_MS = 100;

/** A TCP proxy on loopback that can break the way to a server as networks do. */
export class FaultProxy {
  #mode: ProxyMode = 'pass';
  #lost = 0;
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

  /** How many answers it has lost. */
  get lost(): number {
    return this.#lost;
  }

  /** Takes effect on the connections that are open as well; `pass` brings no broken connection back to life. */
  set mode(mode: ProxyMode) {
    this.#mode = mode;
    for (const [client, upstream] of this.#pairs) {
      if (mode === 'refuse') client.destroy();
      if (mode === 'black-hole') silence(client, upstream);
      if (typeof mode === 'object' && 'answer' in mode) answer(client, upstream, mode.answer);
    }
  }

  async stop(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    for (const client of this.#pairs.keys()) client.destroy();
    await closed;
  }

  private accept(client: Socket): void {
    const mode = this.#mode;
    if (mode === 'refuse') return void client.resetAndDestroy();
    const upstream = connect(this.target);
    this.#pairs.set(client, upstream);
    client
      .on('error', () => undefined)
      .on('close', () => {
        this.#pairs.delete(client);
        upstream.destroy();
      });
    upstream.on('error', () => client.destroy());
    if (mode === 'black-hole') return silence(client, upstream);
    if (typeof mode === 'object' && 'answer' in mode) return answer(client, upstream, mode.answer);
    client.on('data', (said) => this.hear(said, client, upstream));
    client.pipe(upstream);
    upstream.pipe(client);
  }

  private hear(said: Buffer, client: Socket, upstream: Socket): void {
    if (typeof this.#mode !== 'object' || !('loseAnswerTo' in this.#mode)) return;
    if (!this.#mode.loseAnswerTo.test(said.toString('latin1'))) return;
    upstream.unpipe(client);
    upstream.once('data', () => {
      this.#lost += 1;
      client.destroy();
    });
    // Without anybody to pipe to it would read no more.
    upstream.resume();
  }
}

/** Bytes are read and thrown away, so that the sender's window never fills; the end of one side is not told to the other. */
function silence(client: Socket, upstream: Socket): void {
  client.unpipe(upstream);
  upstream.unpipe(client);
  client.resume();
  upstream.resume();
}

function answer(client: Socket, upstream: Socket, bytes: string | Uint8Array): void {
  silence(client, upstream);
  const say = (): void => {
    clearTimeout(timer);
    if (!client.writableEnded) client.end(bytes);
  };
  const timer = setTimeout(say, CLIENT_SPEAKS_WITHIN_MS).unref();
  client.once('data', say);
}
