import type { MovedByHand } from '../../domain/ports/stores';
import type { Database } from './database';

/** What people say of dependents that only they can move, in PostgreSQL. */
export function createMovedByHand(database: Database): MovedByHand {
  return {
    async say({ credentialId, dependentId, version, actor, note }) {
      await database.query(
        'INSERT INTO moved_by_hand (credential_id, dependent_id, version, actor, note) VALUES ($1, $2, $3, $4, $5)',
        [credentialId, dependentId, version, actor, note],
      );
    },

    async last(credentialId, dependentId) {
      const { rows } = await database.query<{ version: number; actor: string; note: string }>(
        `SELECT version, actor, note FROM moved_by_hand WHERE credential_id = $1 AND dependent_id = $2
         ORDER BY id DESC LIMIT 1`,
        [credentialId, dependentId],
      );
      return rows[0];
    },
  };
}
