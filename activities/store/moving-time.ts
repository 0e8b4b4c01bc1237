import type { MovingTimeStore } from '../../domain/ports/stores';
import type { Database } from './database';

/** How much longer people gave the dependents of each rotation, in PostgreSQL. */
export function createMovingTimeStore(database: Database): MovingTimeStore {
  return {
    async give({ stepKey, incidentRunId, generation, seconds, actor }) {
      await database.query(
        `INSERT INTO moving_time (step_key, incident_run_id, generation, seconds, actor) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (step_key) DO NOTHING`,
        [stepKey, incidentRunId, generation, seconds, actor],
      );
    },

    async givenSeconds({ stepKey, incidentRunId, generation }) {
      const { rows } = await database.query<{ seconds: number }>(
        'SELECT seconds FROM moving_time WHERE step_key = $1 AND incident_run_id = $2 AND generation = $3',
        [stepKey, incidentRunId, generation],
      );
      return rows[0]?.seconds ?? 0;
    },
  };
}
