import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseJson } from '../../domain/parse-json';

export interface StoreRequest {
  readonly method: string;
  /** Decoded, without the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Record<string, unknown>;
}

export interface StoreAnswer {
  readonly status: number;
  readonly body?: unknown;
}

export interface StoreServer {
  readonly port: number;
  readonly url: string;
  stop(): Promise<void>;
}

/** A server of JSON on loopback, for stand-ins. */
export async function startStoreServer(answer: (request: StoreRequest) => StoreAnswer): Promise<StoreServer> {
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const { method = '', url = '', headers } = incoming;
      const body = (parseJson(Buffer.concat(chunks).toString('utf8')) ?? {}) as Record<string, unknown>;
      const path = decodeURIComponent(url.split('?')[0] ?? '');
      const given = answer({ method, path, headers, body });
      response.writeHead(given.status, { 'content-type': 'application/json' });
      response.end(given.body === undefined ? undefined : JSON.stringify(given.body));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
