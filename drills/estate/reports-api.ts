import Fastify from 'fastify';
import { PRINCIPAL_HEADER } from '../../domain/gateway-headers';
import { readProcessConfig } from './process-config';
import { serveCounters } from './serve-counters';

/** The HTTP API behind the gateway. It trusts the gateway's word about who calls. */
async function main(): Promise<void> {
  const config = readProcessConfig('reportsApi');
  let served = 0;
  const app = Fastify();
  app.get('/reports/:id', (request) => {
    served += 1;
    const { id } = request.params as { id: string };
    return { report: id, total: id.length * 100, for: request.headers[PRINCIPAL_HEADER] ?? 'nobody' };
  });
  await serveCounters(
    config.port,
    () => ({ served }),
    () => Promise.resolve(),
    app,
  );
}

void main();
