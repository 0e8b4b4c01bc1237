import type { Database } from './database';

/** What scanners have sent, so that nothing of it is taken twice. Shared by all API servers. */
export interface FeedDeliveries {
  /** Whether it is new. */
  claim(hash: Buffer): Promise<boolean>;
  /** It could not be taken: the scanner may send it again. */
  release(hash: Buffer): Promise<void>;
}

/** After that a repetition is the same report, and says nothing. */
const KEPT_FOR = '30 days';

export function createFeedDeliveries(database: Database): FeedDeliveries {
  return {
    async claim(hash) {
      await database.query('DELETE FROM feed_deliveries WHERE at < now() - $1::interval', [KEPT_FOR]);
      const { rowCount } = await database.query(
        'INSERT INTO feed_deliveries (hash) VALUES ($1) ON CONFLICT DO NOTHING',
        [hash],
      );
      return rowCount === 1;
    },

    async release(hash) {
      await database.query('DELETE FROM feed_deliveries WHERE hash = $1', [hash]);
    },
  };
}
