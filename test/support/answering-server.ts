import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface BadReply {
  readonly status: number;
  /** Given what was sent, as a careless server would quote it. */
  readonly body: (sent: string) => string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface AnsweringServer {
  readonly url: string;
  reply: BadReply;
  stop(): Promise<void>;
}

/** A server that answers everything in the same way. */
export async function startAnsweringServer(): Promise<AnsweringServer> {
  const server = createServer((request, response) => {
    let sent = JSON.stringify(request.headers);
    request.on('data', (chunk: Buffer) => (sent += chunk.toString('utf8')));
    request.on('end', () => {
      response.writeHead(answering.reply.status, { 'content-type': 'application/json', ...answering.reply.headers });
      response.end(answering.reply.body(sent));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const answering: AnsweringServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    reply: { status: 500, body: () => '' },
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return answering;
}
