import type { Severity } from '../../domain/severity';
import { parseSubject, type Subject } from '../../domain/subject';
import { inTransaction, type Database } from './database';
import { countFindings } from './feed-counts';

/** An outside statement that a value is exposed, as it is kept: by what the value is known, never the value. */
export interface LeakReport {
  readonly id: string;
  /** Every subject the value may be known by: one a live fingerprint key, or the one that was named. */
  readonly subjects: readonly Subject[];
  /** Where it was found; people read it. */
  readonly source: string;
  readonly severity: Severity;
  readonly reporter: string;
  readonly receivedAt: number;
}

/** `unknown`: none of ours. `recorded`: too slight for an incident. `dead`: revoked before. */
export type LeakReportOutcome = 'unknown' | 'recorded' | 'dead' | 'incident' | 'incident-closed';

export interface LeakReportStore {
  /** Whether it is new: one that was told before is the same, and says nothing more. */
  add(report: LeakReport): Promise<boolean>;
  /** Those that nothing was done about yet, oldest first; those that wait for their reporter's hour come last. */
  open(): Promise<readonly LeakReport[]>;
  /**
   * Whether a report fits into its reporter's hour, of so many incidents; once let through it stays so, and those that are not wait. The same value in another place is the same
   * incident. One at a time over all servers.
   */
  letThrough(report: Pick<LeakReport, 'id' | 'reporter'>, incidentId: string, mostPerHour: number): Promise<boolean>;
  /** Those that have waited for their reporter's hour since before `since`, by reporter. */
  waiting(since: Date): Promise<readonly { readonly reporter: string; readonly count: number }[]>;
  settle(id: string, outcome: LeakReportOutcome, incidentId?: string): Promise<void>;
  /** How many there were of each outcome; `open` for those that wait. */
  counts(): Promise<Readonly<Record<string, number>>>;
}

interface Row {
  id: string;
  subjects: string[];
  source: string;
  severity: Severity;
  reporter: string;
  received_at: Date;
}

const BATCH = 100;
/** What they are counted under, beside the feeds. */
const REPORTS = 'reports';

export function createLeakReportStore(database: Database): LeakReportStore {
  return {
    async add({ id, subjects, source, severity, reporter, receivedAt }) {
      const { rowCount } = await database.query(
        `INSERT INTO leak_reports (id, subjects, source, severity, reporter, received_at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (id) DO NOTHING`,
        [id, subjects, source, severity, reporter, new Date(receivedAt)],
      );
      return rowCount === 1;
    },

    async open() {
      const result = await database.query<Row>(
        // What waits for its reporter's hour must not stand in front of what people report.
        `SELECT * FROM leak_reports WHERE handled_at IS NULL
         ORDER BY reporter LIKE 'feed:%' AND let_through_at IS NULL, received_at LIMIT $1`,
        [BATCH],
      );
      return result.rows.map(({ received_at, subjects, ...row }) => ({
        ...row,
        subjects: subjects.map(parseSubject),
        receivedAt: received_at.getTime(),
      }));
    },

    letThrough({ id, reporter }, incidentId, mostPerHour) {
      return inTransaction(database, async (client) => {
        await client.query('SELECT pg_advisory_xact_lock(hashtext($1))', [`tourniquet.leak_reports.${reporter}`]);
        const { rowCount } = await client.query(
          `WITH lately AS (
             SELECT incident_id FROM leak_reports WHERE reporter = $2 AND let_through_at > now() - interval '1 hour')
           UPDATE leak_reports SET let_through_at = coalesce(let_through_at, now()), incident_id = $4
           WHERE id = $1 AND (let_through_at IS NOT NULL OR $4 IN (SELECT incident_id FROM lately)
             OR $3 > (SELECT count(DISTINCT incident_id) FROM lately))`,
          [id, reporter, mostPerHour, incidentId],
        );
        return rowCount === 1;
      });
    },

    async waiting(since) {
      const { rows } = await database.query<{ reporter: string; count: number }>(
        `SELECT reporter, count(*)::integer AS count FROM leak_reports
         WHERE handled_at IS NULL AND let_through_at IS NULL AND reporter LIKE 'feed:%' AND received_at < $1
         GROUP BY reporter ORDER BY reporter`,
        [since],
      );
      return rows;
    },

    async settle(id, outcome, incidentId) {
      // Of a value that is not ours nothing is kept but the count.
      if (outcome === 'unknown') return forget(database, id);
      await database.query(
        'UPDATE leak_reports SET handled_at = now(), outcome = $2, incident_id = $3 WHERE id = $1 AND handled_at IS NULL',
        [id, outcome, incidentId ?? null],
      );
    },

    async counts() {
      const result = await database.query<{ outcome: string; count: string }>(
        `SELECT coalesce(outcome, 'open') AS outcome, count(*) FROM leak_reports GROUP BY 1
         UNION ALL SELECT outcome, sum(count) FROM feed_counts WHERE feed = $1 GROUP BY outcome`,
        [REPORTS],
      );
      return Object.fromEntries(result.rows.map(({ outcome, count }) => [outcome, Number(count)]));
    },
  };
}

async function forget(database: Database, id: string): Promise<void> {
  await inTransaction(database, async (client) => {
    const { rowCount } = await client.query('DELETE FROM leak_reports WHERE id = $1 AND handled_at IS NULL', [id]);
    if (rowCount === 1) await countFindings(client, REPORTS, ['unknown']);
  });
}
