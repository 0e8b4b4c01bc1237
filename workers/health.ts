import Fastify from 'fastify';
import type { Running } from './running';

/** Of roles that listen for something else anyway, the port is no setting. */
interface HealthConfig {
  readonly TOURNIQUET_HEALTH_PORT?: number | undefined;
  readonly TOURNIQUET_LISTEN_HOST?: string;
}

/**
 * Lets whoever supervises this process ask it: `GET /healthz` is 200 while it does its work, `GET /metrics` tells what it counts. Without a port
 * nothing listens.
 */
export async function serveHealth(config: HealthConfig, running: Running): Promise<Running> {
  const port = config.TOURNIQUET_HEALTH_PORT;
  if (port === undefined) return running;
  const app = Fastify();
  app.get('/healthz', (_request, reply) => {
    const isHealthy = running.isHealthy?.() ?? true;
    return reply.code(isHealthy ? 200 : 503).send({ status: isHealthy ? 'ok' : 'unhealthy' });
  });
  app.get('/metrics', async (_request, reply) => {
    if (!running.metrics) return reply.code(404).send({ status: 'nothing is counted here' });
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(await running.metrics());
  });
  await app.listen({ host: config.TOURNIQUET_LISTEN_HOST ?? '127.0.0.1', port });
  return {
    ...running,
    async stop() {
      await app.close();
      await running.stop();
    },
  };
}
