import type { InTurn } from '../../domain/ports/stores';
import { inTransaction, type Database } from './database';

/** Over all workers that share the database, which lets the next one go when a worker dies. */
export function createInTurn(database: Database): InTurn {
  return (name, work) =>
    inTransaction(database, async (client) => {
      await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`tourniquet.in_turn.${name}`]);
      return work();
    });
}
