import type { Severity } from '../../domain/severity';
import { parseSubject, type Subject } from '../../domain/subject';
import type { Database } from './database';

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
  add(report: LeakReport): Promise<void>;
  /** Those that nothing was done about yet, oldest first. */
  open(): Promise<readonly LeakReport[]>;
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

export function createLeakReportStore(database: Database): LeakReportStore {
  return {
    async add({ id, subjects, source, severity, reporter, receivedAt }) {
      await database.query(
        `INSERT INTO leak_reports (id, subjects, source, severity, reporter, received_at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (id) DO NOTHING`,
        [id, subjects, source, severity, reporter, new Date(receivedAt)],
      );
    },

    async open() {
      const result = await database.query<Row>(
        'SELECT * FROM leak_reports WHERE handled_at IS NULL ORDER BY received_at LIMIT $1',
        [BATCH],
      );
      return result.rows.map(({ received_at, subjects, ...row }) => ({
        ...row,
        subjects: subjects.map(parseSubject),
        receivedAt: received_at.getTime(),
      }));
    },

    async settle(id, outcome, incidentId) {
      await database.query(
        'UPDATE leak_reports SET handled_at = now(), outcome = $2, incident_id = $3 WHERE id = $1 AND handled_at IS NULL',
        [id, outcome, incidentId ?? null],
      );
    },

    async counts() {
      const result = await database.query<{ outcome: string; count: string }>(
        `SELECT coalesce(outcome, 'open') AS outcome, count(*) FROM leak_reports GROUP BY 1`,
      );
      return Object.fromEntries(result.rows.map(({ outcome, count }) => [outcome, Number(count)]));
    },
  };
}
