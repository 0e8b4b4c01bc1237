import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type ListAnswer = (request: IncomingMessage, response: ServerResponse) => void;

export interface ListServer {
  readonly url: string;
  /** What it answers from now on. */
  answer: ListAnswer;
  /** Every request so far. */
  readonly requests: readonly IncomingMessage[];
  stop(): Promise<void>;
}

/** Publishes lists on loopback. */
export async function listServer(answer: ListAnswer): Promise<ListServer> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    started.answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const started: ListServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answer,
    requests,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return started;
}
