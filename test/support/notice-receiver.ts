import Fastify, { type FastifyRequest } from 'fastify';
import type { ReceiverBehaviour } from '../contract/notifier.contract';
import { CAPTIVE_PORTAL } from './server-says';

export interface Received {
  readonly path: string;
  readonly headers: FastifyRequest['headers'];
  readonly text: string;
}

/** Stand-in for a system that can't be had here: a real HTTP server that keeps what it is sent, and answers with `status` where it takes it. */
export async function startNoticeReceiver(status: number) {
  const received: Received[] = [];
  let behaviour: ReceiverBehaviour = 'deliver';
  const app = Fastify({ forceCloseConnections: true });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  app.post('/*', async (request, reply) => {
    if (behaviour === 'hang') return new Promise(() => undefined);
    if (behaviour === 'fail') return reply.code(500).send({ echoed: request.url });
    if (behaviour === 'throttle') return reply.code(429).header('retry-after', '7').send();
    if (behaviour === 'garble') {
      reply.hijack();
      return void request.raw.socket.end(CAPTIVE_PORTAL);
    }
    received.push({ path: request.url, headers: request.headers, text: String(request.body) });
    if (behaviour === 'lose') {
      reply.hijack();
      return void request.raw.socket.destroy();
    }
    return reply.code(status).send('ok');
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    url,
    received,
    texts: () => Promise.resolve(received.map(({ text }) => text)),
    async behave(as: ReceiverBehaviour) {
      behaviour = as;
      if (as === 'gone') await app.close();
    },
    stop: () => app.close(),
  };
}
