import { denylistEntry, tighten, type DenylistEntry } from '../../domain/denylist';
import { extendLane } from '../../domain/extend-lane';
import { lift, merge } from '../../domain/lift';
import type { ContainmentStore } from '../../domain/ports/stores';
import type { Subject } from '../../domain/subject';
import { inTransaction, type Database } from './database';

/** The truth about refusals: a row only ever gets tighter, unless a person lifts it. */
export function createContainmentStore(database: Database): ContainmentStore {
  return {
    tighten: (entry) => change(database, entry.subject, (current) => tighten(current, entry)),

    merge: (entry) => change(database, entry.subject, (current) => merge(current, entry)),

    lift: (decided) => change(database, decided.subject, (current) => lift(current, decided)),

    extendLane: (subject, extension) =>
      change(database, subject, (current) => current && extendLane(current, extension)),

    get: (subject) => read(database, subject),

    async all() {
      const result = await database.query<Row>('SELECT entry FROM containments ORDER BY subject');
      return result.rows.map((row) => denylistEntry.parse(row.entry));
    },
  };
}

interface Row {
  entry: unknown;
}

async function read(database: Pick<Database, 'query'>, subject: Subject): Promise<DenylistEntry | undefined> {
  const found = await database.query<Row>('SELECT entry FROM containments WHERE subject = $1', [subject]);
  return found.rows[0] && denylistEntry.parse(found.rows[0].entry);
}

function change<T extends DenylistEntry | undefined>(
  database: Database,
  subject: Subject,
  changed: (current: DenylistEntry | undefined) => T,
): Promise<T> {
  return inTransaction(database, async (client) => {
    // The row may not exist yet, so the lock is on the subject, not on the row.
    await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [subject]);
    const next = changed(await read(client, subject));
    if (!next) return next;
    await client.query(
      `INSERT INTO containments (subject, entry) VALUES ($1, $2)
       ON CONFLICT (subject) DO UPDATE SET entry = EXCLUDED.entry, updated_at = now()`,
      [subject, JSON.stringify(next)],
    );
    return next;
  });
}
