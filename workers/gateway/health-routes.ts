import type { FastifyInstance } from 'fastify';
import type { StalenessReport } from '../../enforcement/staleness';

export interface Health {
  readonly report: () => StalenessReport;
  readonly appliedRevision: () => number;
  readonly size: () => number;
}

/**
 * `/healthz`: the process lives, and what it thinks of itself; always 200, since a restart mends nothing. `/readyz`: 503 while nobody
 * vouches for its denylist, for load balancers that have another gateway to send to.
 */
export function installHealthRoutes(app: FastifyInstance, health: Health): void {
  const told = () => {
    const { trust, why, since } = health.report();
    const doubt = since === undefined ? {} : { why, since: new Date(since).toISOString() };
    return {
      status: trust === 'fresh' ? 'ok' : trust,
      ...doubt,
      appliedRevision: health.appliedRevision(),
      refusals: health.size(),
    };
  };
  app.get('/healthz', told);
  app.get('/readyz', (_request, reply) => reply.code(health.report().trust === 'stale' ? 503 : 200).send(told()));
}
