import type { Database } from './database';

/** What was delivered before: notices already sent, detections already handled. Both outlive the incident. */
export interface DeliveryLog {
  wasSent(dedupeKey: string): Promise<boolean>;
  markSent(dedupeKey: string, audience: string): Promise<void>;
  /** Of these detection ids, those that were not handled yet. */
  unhandled(ids: readonly string[]): Promise<readonly string[]>;
  markHandled(ids: readonly string[], incidentId: string): Promise<void>;
}

export function createDeliveryLog(database: Database): DeliveryLog {
  return {
    async wasSent(dedupeKey) {
      const result = await database.query('SELECT 1 FROM notifications WHERE dedupe_key = $1', [dedupeKey]);
      return result.rowCount === 1;
    },

    async markSent(dedupeKey, audience) {
      await database.query('INSERT INTO notifications (dedupe_key, audience) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
        dedupeKey,
        audience,
      ]);
    },

    async unhandled(ids) {
      const result = await database.query<{ id: string }>('SELECT id FROM handled_detections WHERE id = ANY($1)', [
        ids,
      ]);
      const handled = new Set(result.rows.map((row) => row.id));
      return ids.filter((id) => !handled.has(id));
    },

    async markHandled(ids, incidentId) {
      await database.query(
        'INSERT INTO handled_detections (id, incident_id) SELECT unnest($1::text[]), $2 ON CONFLICT DO NOTHING',
        [ids, incidentId],
      );
    },
  };
}
