import type { Database } from './database';

/** How many findings of each scanner came to what, a day: all that is kept of values that are not ours. */
export interface FeedCounts {
  add(feed: string, outcomes: readonly string[]): Promise<void>;
  /** Of all days. */
  totals(feed: string): Promise<Readonly<Record<string, number>>>;
}

export function createFeedCounts(database: Database): FeedCounts {
  return {
    async add(feed, outcomes) {
      if (outcomes.length > 0) await countFindings(database, feed, outcomes);
    },

    async totals(feed) {
      const { rows } = await database.query<{ outcome: string; count: string }>(
        'SELECT outcome, sum(count) AS count FROM feed_counts WHERE feed = $1 GROUP BY outcome',
        [feed],
      );
      return Object.fromEntries(rows.map(({ outcome, count }) => [outcome, Number(count)]));
    },
  };
}

/** Adds to today's counts. */
export async function countFindings(
  database: Pick<Database, 'query'>,
  feed: string,
  outcomes: readonly string[],
): Promise<void> {
  await database.query(
    `INSERT INTO feed_counts (feed, outcome, day, count)
     SELECT $1, outcome, current_date, count(*) FROM unnest($2::text[]) AS outcome GROUP BY outcome
     ON CONFLICT (feed, outcome, day) DO UPDATE SET count = feed_counts.count + EXCLUDED.count`,
    [feed, outcomes],
  );
}
