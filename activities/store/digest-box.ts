import type { DigestBox } from '../../domain/ports/digest-box';
import type { Audience, Notice } from '../../domain/ports/notifier';
import { inTransaction, type Database } from './database';

/** So many of one topic go alone; the others of that time go into digests. */
export const ALONE = { most: 3, withinMs: 600_000 } as const;
/** The first that waits is told of after this long, with what came meanwhile. */
export const GATHERS_FOR_MS = 15_000;
/** Two digests of one topic lie at least so far apart. */
export const APART_MS = 60_000;
/** How long the worker that sends one has before another tries. */
export const CLAIMED_FOR_MS = 60_000;

/** What nobody has taken for so long is told no more: it would be taken for news. */
const TOLD_WITHIN_MS = 86_400_000;
const KEPT_FOR_MS = 7 * 86_400_000;

/** Notices that wait for a digest, in PostgreSQL. All times are the database's, so that workers agree. */
export function createDigestBox(database: Database): DigestBox {
  return {
    goesAlone({ stepKey, audience, notice }) {
      const topic = topicOf(audience, notice);
      return inTransaction(database, async (client) => {
        await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`tourniquet.digest.${topic}`]);
        await client.query(
          `DELETE FROM digest_notices WHERE notice IS NOT NULL AND digest IS NULL AND topic <> $1 AND audience = $2
             AND notice ->> 'incidentId' = $3 AND notice ->> 'runId' = $4`,
          [topic, audience, notice.incidentId, notice.runId],
        );
        await client.query(
          `INSERT INTO digest_notices (step_key, topic, audience, notice)
           SELECT $1, $2, $3, CASE WHEN count(*) >= $5 THEN $4::jsonb END FROM digest_notices
           WHERE topic = $2 AND notice IS NULL AND at > now() - $6 * interval '1 ms'
           ON CONFLICT DO NOTHING`,
          [stepKey, topic, audience, JSON.stringify(notice), ALONE.most, ALONE.withinMs],
        );
        const { rowCount } = await client.query('SELECT FROM digest_notices WHERE step_key = $1 AND notice IS NULL', [
          stepKey,
        ]);
        return rowCount === 1;
      });
    },

    async gather() {
      await inTransaction(database, async (client) => {
        await client.query(`SELECT pg_advisory_xact_lock(hashtextextended('tourniquet.digests', 0))`);
        await client.query(`DELETE FROM digest_notices WHERE at < now() - $1 * interval '1 ms'`, [KEPT_FOR_MS]);
        await client.query(
          `DELETE FROM digests WHERE made_at < now() - $1 * interval '1 ms'
             AND NOT EXISTS (SELECT FROM digest_notices WHERE digest = digests.id)`,
          [KEPT_FOR_MS],
        );
        await client.query(
          `WITH ready AS (
             SELECT topic, audience FROM digest_notices AS waiting WHERE notice IS NOT NULL AND digest IS NULL
               AND NOT EXISTS (SELECT FROM digests WHERE topic = waiting.topic AND made_at > now() - $2 * interval '1 ms')
             GROUP BY topic, audience HAVING min(at) < now() - $1 * interval '1 ms'),
           made AS (INSERT INTO digests (topic, audience) SELECT topic, audience FROM ready RETURNING id, topic)
           UPDATE digest_notices SET digest = made.id FROM made
           WHERE digest_notices.topic = made.topic AND notice IS NOT NULL AND digest IS NULL`,
          [GATHERS_FOR_MS, APART_MS],
        );
      });
    },

    async claim() {
      const { rows } = await database.query<{ id: string; audience: Audience; age: number }>(
        `UPDATE digests SET claimed_until = now() + $1 * interval '1 ms' WHERE id = (
           SELECT id FROM digests WHERE sent_at IS NULL AND made_at > now() - $2 * interval '1 ms' AND (claimed_until IS NULL OR claimed_until < now())
           ORDER BY made_at LIMIT 1 FOR UPDATE SKIP LOCKED)
         RETURNING id, audience, extract(epoch FROM now() - made_at)::float8 * 1000 AS age`,
        [CLAIMED_FOR_MS, TOLD_WITHIN_MS],
      );
      const [claimed] = rows;
      if (!claimed) return undefined;
      const notices = await database.query<{ step_key: string; notice: Notice; at: Date }>(
        'SELECT step_key, notice, at FROM digest_notices WHERE digest = $1 ORDER BY at, step_key',
        [claimed.id],
      );
      return {
        id: claimed.id,
        audience: claimed.audience,
        ageMs: claimed.age,
        notices: notices.rows.map(({ step_key, notice, at }) => ({ stepKey: step_key, notice, at: at.getTime() })),
      };
    },

    async markSent(id) {
      await database.query('UPDATE digests SET sent_at = now() WHERE id = $1', [id]);
    },
  };
}

/** What one digest tells of: an exercise stands beside nothing real. */
function topicOf(audience: Audience, { kind, cause, simulated }: Notice): string {
  return JSON.stringify([audience, kind, cause ?? '', simulated ?? false]);
}
