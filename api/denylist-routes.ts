import type { FastifyInstance } from 'fastify';
import { onlyFor } from './authenticate';
import { problem } from './problem';
import type { ApiParts } from './server';

/** The denylist for gateways that lost NATS. Vouched for: while this process has lost NATS too, there is no answer but that. */
export function installDenylistRoutes(app: FastifyInstance, { denylist }: Pick<ApiParts, 'denylist'>): void {
  app.get('/v1/denylist', { onRequest: onlyFor('gateway') }, (request, reply) => {
    const answer = denylist();
    if (!answer) return problem(reply.header('retry-after', '1'), 'DENYLIST_STALE');
    const etag = `"${answer.bucket}/${answer.revision}"`;
    void reply.headers({ etag, 'cache-control': 'no-store' });
    // Asked once a second by every gateway that is cut off, and most of the time nothing has changed.
    return request.headers['if-none-match'] === etag ? reply.code(304).send() : reply.send(answer);
  });
}
