import Fastify, { type FastifyInstance } from 'fastify';

/** `GET /healthz` and `GET /counters` of an estate process, and the end of it at SIGTERM. */
export async function serveCounters(
  port: number,
  counters: () => unknown,
  stop: () => Promise<void>,
  app: FastifyInstance = Fastify(),
): Promise<void> {
  app.get('/healthz', () => ({ status: 'ok' }));
  app.get('/counters', () => counters());
  await app.listen({ host: '127.0.0.1', port });
  process.once('SIGTERM', () => {
    stop()
      .then(() => app.close())
      .then(
        () => process.exit(0),
        () => process.exit(1),
      );
  });
}
