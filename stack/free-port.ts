import { createServer, type Server } from 'node:net';
import { StackError } from './stack-error';

/**
 * Below the range from which the kernel takes source ports (32768 on Linux, 49152 on macOS). A port from inside that
 * range can be taken by any outgoing connection while the server is down, and a client that keeps trying to reconnect
 * can even connect to itself: kill() and start() on the same port would then fail now and then.
 */
const FIRST_PORT = 20_000;
const BLOCKS = 600;
/**
 * Ports are handed out from blocks, and a block belongs to the one process that listens on its first port: what is
 * handed out here and listened on only later can't be handed out by another process meanwhile.
 */
const BLOCK_SIZE = 20;
const TRIES = 400;

let unused: number[] = [];
let pending: Promise<unknown> = Promise.resolve();

/** A loopback port that nobody listens on now, and that neither this process nor any other that asks here has handed out before it ended. */
export function freePort(): Promise<number> {
  // One after the other: two callers at once must not take two blocks, nor test the same port.
  const port = pending.then(nextPort);
  pending = port.catch(() => undefined);
  return port;
}

async function nextPort(): Promise<number> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const port = unused.shift();
    if (port === undefined) unused = await takeBlock();
    else if (await canListen(port)) return port;
  }
  throw noFreePort();
}

/** The ports of a block that is ours from now until this process ends. */
async function takeBlock(): Promise<number[]> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const first = FIRST_PORT + BLOCK_SIZE * Math.floor(Math.random() * BLOCKS);
    const owner = await listen(first);
    if (!owner) continue;
    owner.unref();
    return Array.from({ length: BLOCK_SIZE - 1 }, (_, index) => first + 1 + index);
  }
  throw noFreePort();
}

async function canListen(port: number): Promise<boolean> {
  const server = await listen(port);
  if (server) await new Promise((resolve) => server.close(resolve));
  return server !== undefined;
}

function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer((connection) => connection.destroy());
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(server));
  });
}

function noFreePort(): StackError {
  const last = FIRST_PORT + BLOCKS * BLOCK_SIZE - 1;
  return new StackError(
    'NO_FREE_PORT',
    `No free port was found on 127.0.0.1 between ${FIRST_PORT} and ${last}. Close programs that listen there.`,
  );
}
