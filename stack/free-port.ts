import { createServer } from 'node:net';
import { StackError } from './stack-error';

/**
 * Below the range from which the kernel takes source ports (32768 on Linux, 49152 on macOS). A port from inside that
 * range can be taken by any outgoing connection while the server is down, and a client that keeps trying to reconnect
 * can even connect to itself: kill() and start() on the same port would then fail now and then.
 */
const FIRST_PORT = 20_000;
const LAST_PORT = 32_000;
const TRIES = 200;

const handedOut = new Set<number>();

/** A loopback port that nobody listens on now, and that this process has not handed out before. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT));
    if (handedOut.has(port)) continue;
    // Taken before the await: two callers at once must not test the same port.
    handedOut.add(port);
    if (await canListen(port)) return port;
  }
  throw new StackError(
    'NO_FREE_PORT',
    `No free port was found on 127.0.0.1 between ${FIRST_PORT} and ${LAST_PORT}. Close programs that listen there.`,
  );
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
