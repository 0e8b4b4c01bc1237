import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePort } from './free-port';
import { ManagedProcess } from './managed-process';
import type { ServerPlace } from './server-place';

const READY_TIMEOUT_MS = 20_000;
const PROBE_TIMEOUT_MS = 2_000;

/** More of nats-server's configuration, for example `{ authorization: { users: [...] } }`. */
export type NatsConfig = Readonly<Record<string, unknown>>;

export interface NatsServer {
  url: string;
  server: ManagedProcess;
}

/** Starts nats-server with JetStream, its streams in the server's directory. */
export async function startNatsServer(program: string, place: ServerPlace, more: NatsConfig = {}): Promise<NatsServer> {
  const port = await freePort();
  const name = `tourniquet-${randomBytes(6).toString('hex')}`;
  const configFile = join(place.directory, 'nats-server.json');
  // nats-server's configuration language is a superset of JSON. Owner-only, since users' passwords may be in it.
  const config = {
    server_name: name,
    listen: `127.0.0.1:${port}`,
    jetstream: { store_dir: join(place.directory, 'jetstream') },
    ...more,
  };
  await writeFile(configFile, JSON.stringify(config, null, 2), { mode: 0o600 });
  const server = new ManagedProcess({
    name: 'NATS',
    program,
    args: ['--config', configFile],
    cwd: place.directory,
    logFile: join(place.directory, 'nats-server.log'),
    pidFile: place.pidFile,
    stopSignal: 'SIGTERM',
    graceSeconds: 5,
    readyTimeoutMs: READY_TIMEOUT_MS,
    probe: async () => {
      const info = await natsInfo('127.0.0.1', port);
      // Somebody else may have taken the port between our look and our server's start.
      if (!info.includes(`"${name}"`)) throw new Error(`another NATS server listens on port ${port}`);
    },
  });
  await server.start();
  return { url: `nats://127.0.0.1:${port}`, server };
}

/** The INFO line that a NATS server sends to everybody who connects; rejects when there is none. */
export function natsInfo(host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    let text = '';
    const finish = (error?: Error) => {
      socket.destroy();
      if (error) reject(error);
      else resolve(text);
    };
    socket.setTimeout(PROBE_TIMEOUT_MS, () => finish(new Error(`no NATS greeting from ${host}:${port}`)));
    socket.once('error', finish);
    socket.once('end', () => finish(new Error(`${host}:${port} closed the connection`)));
    socket.on('data', (chunk) => {
      text += chunk.toString('utf8');
      if (!text.includes('\r\n')) return;
      finish(text.startsWith('INFO ') ? undefined : new Error(`${host}:${port} does not speak NATS`));
    });
  });
}
