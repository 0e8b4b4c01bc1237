import { denylistEntry, tighten } from '../../domain/denylist';
import type { ContainmentStore } from '../../domain/ports/stores';
import { inTransaction, type Database } from './database';

/** The truth about refusals: a row only ever gets tighter. */
export function createContainmentStore(database: Database): ContainmentStore {
  return {
    tighten(entry) {
      return inTransaction(database, async (client) => {
        // The row may not exist yet, so the lock is on the subject, not on the row.
        await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [entry.subject]);
        const found = await client.query<{ entry: unknown }>('SELECT entry FROM containments WHERE subject = $1', [
          entry.subject,
        ]);
        const current = found.rows[0] && denylistEntry.parse(found.rows[0].entry);
        const next = tighten(current, entry);
        await client.query(
          `INSERT INTO containments (subject, entry) VALUES ($1, $2)
           ON CONFLICT (subject) DO UPDATE SET entry = EXCLUDED.entry, updated_at = now()`,
          [entry.subject, JSON.stringify(next)],
        );
        return next;
      });
    },

    async all() {
      const result = await database.query<{ entry: unknown }>('SELECT entry FROM containments ORDER BY subject');
      return result.rows.map((row) => denylistEntry.parse(row.entry));
    },
  };
}
