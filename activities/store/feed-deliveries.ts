import type { Database } from './database';

/** What scanners have sent and was taken, so that it is not taken twice. Shared by all API servers. */
export interface FeedDeliveries {
  wasTaken(hash: Buffer): Promise<boolean>;
  keep(hash: Buffer): Promise<void>;
}

/** After that a repetition is the same report, and says nothing. */
const KEPT_FOR = '30 days';

export function createFeedDeliveries(database: Database): FeedDeliveries {
  return {
    async wasTaken(hash) {
      const { rowCount } = await database.query('SELECT FROM feed_deliveries WHERE hash = $1', [hash]);
      return rowCount === 1;
    },

    async keep(hash) {
      await database.query('DELETE FROM feed_deliveries WHERE at < now() - $1::interval', [KEPT_FOR]);
      await database.query('INSERT INTO feed_deliveries (hash) VALUES ($1) ON CONFLICT DO NOTHING', [hash]);
    },
  };
}
