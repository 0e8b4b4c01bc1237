import type { MovedByHand } from '../../domain/ports/stores';
import type { Database } from './database';

/** What people were asked of dependents that only they can move, and what they said, in PostgreSQL. */
export function createMovedByHand(database: Database): MovedByHand {
  const insert = (values: readonly unknown[]): Promise<unknown> =>
    database.query(
      'INSERT INTO moved_by_hand (credential_id, dependent_id, version, actor, note) VALUES ($1, $2, $3, $4, $5)',
      [...values],
    );
  return {
    async say({ credentialId, dependentId, version, actor, note }) {
      await insert([credentialId, dependentId, version, actor, note]);
    },

    async ask({ credentialId, dependentId, version }) {
      await insert([credentialId, dependentId, version, null, '']);
    },

    async last(credentialId, dependentId) {
      const { rows } = await database.query<{ version: number; actor: string | null; note: string }>(
        `SELECT version, actor, note FROM moved_by_hand WHERE credential_id = $1 AND dependent_id = $2
         ORDER BY id DESC LIMIT 1`,
        [credentialId, dependentId],
      );
      const [{ version, actor, note } = { version: 0, actor: null, note: '' }] = rows;
      if (rows.length === 0) return undefined;
      return actor === null ? { version } : { version, said: { actor, note } };
    },
  };
}
