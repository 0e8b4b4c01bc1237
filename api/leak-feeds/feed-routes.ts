import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { FeedDeliveries } from '../../activities/store/feed-deliveries';
import { problem } from '../problem';
import type { LeakFeed } from './feed';
import type { FeedDesk } from './feed-desk';

export interface LeakFeeds {
  readonly feeds: readonly LeakFeed[];
  readonly desk: FeedDesk;
  readonly deliveries: FeedDeliveries;
}

/** So many requests an address and minute: verifying a signature costs a tenth of a millisecond, and anybody may ask for one. */
const MOST_REQUESTS = { max: 120, timeWindow: 60_000 } as const;

/** What scanners push, each under its own signature instead of a key of ours. Nothing but that is looked at before it is good. */
export async function installFeedRoutes(
  app: FastifyInstance,
  { feeds, desk, deliveries, log }: LeakFeeds & { readonly log: Logger },
): Promise<void> {
  await app.register(rateLimit, MOST_REQUESTS);
  // Signatures are over what was sent, to the byte.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  for (const feed of feeds) {
    app.post(`/v1/leak-feeds/${feed.id}`, async (request, reply) => {
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      const now = Date.now();
      if (!(await feed.verify(request.headers, body, now))) {
        log.warn({ feed: feed.id, address: request.ip }, 'a finding without a good signature was refused');
        return problem(reply, 'FEED_UNVERIFIED');
      }
      const delivery = hashOf(feed, request.headers, body);
      if (await deliveries.wasTaken(delivery)) {
        log.warn({ feed: feed.id, address: request.ip }, 'findings that were taken before were refused');
        return problem(reply, 'FEED_REPLAYED');
      }
      const found = feed.read(body);
      const outcomes = await desk.takeAll(feed.id, found, now);
      // Only now: what could not be taken may come again, and what is taken twice is the same report.
      await deliveries.keep(delivery);
      const count = (outcome: string): number => outcomes.filter((one) => one === outcome).length;
      log.info(
        { feed: feed.id, taken: count('taken'), unknown: count('unknown'), public: count('public') },
        'findings',
      );
      return reply.code(200).send(feed.answer?.(found, outcomes) ?? { received: found.length });
    });
  }
}

/** Of what was signed, and not of the signature, of which there may be several. */
function hashOf({ id, signedHeaders = [] }: LeakFeed, headers: IncomingHttpHeaders, body: Buffer): Buffer {
  const signed = signedHeaders.map((name) => headers[name]);
  return createHash('sha256')
    .update(JSON.stringify([id, signed]))
    .update(body)
    .digest();
}
