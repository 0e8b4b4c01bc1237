import { MOST_LIVING_CHILDREN } from '../../domain/child-token-limits';
import type { Subject } from '../../domain/subject';
import { inTransaction, type Database } from './database';

/** Many more than are derived meanwhile, so that none are left for long; removed in some milliseconds. */
export const FORGOTTEN_AT_ONCE = 2_000;

/** A token that is derived from another, known by keyed fingerprint only. */
export interface ChildToken {
  readonly fingerprint: Subject;
  readonly publicId: string;
  /** The public id of the token that it is derived from. */
  readonly parent: string;
  /** That one under every live fingerprint key. */
  readonly parentSubjects: readonly [Subject, ...Subject[]];
  readonly scopes: readonly string[];
  /** How long it shall live; it ends with its parent all the same. */
  readonly seconds: number;
}

/** Children of the api-token provider's tokens (token-store.ts finds them). Nothing ends one: it ends with its parent, or by its time. */
export interface ChildTokenStore {
  /**
   * Keeps one, and removes some of those, of whichever parent, whose time was over a day ago. @returns for how many seconds it lives; `dead` when its parent
   * is not active now, `full` when that one has as many living children as it may have: nothing was kept then.
   */
  keep(child: ChildToken): Promise<{ readonly livesSeconds: number } | 'dead' | 'full'>;
  /** Removes one that nobody was given. */
  forget(publicId: string): Promise<void>;
}

export function createChildTokenStore(database: Database): ChildTokenStore {
  return {
    keep: (child) =>
      inTransaction(database, async (client) => {
        // One after the other, so that none of two is counted without the other. The parent's row is not locked: that would need the right to change it.
        await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [
          `tourniquet.child_tokens.${child.parent}`,
        ]);
        await client.query(FORGET_OLD);
        const { rows } = await client.query<{ living: string }>(
          'SELECT count(*) AS living FROM child_tokens WHERE parent = $1 AND expires_at > statement_timestamp()',
          [child.parent],
        );
        if (Number(rows[0]?.living) >= MOST_LIVING_CHILDREN) return 'full';
        const kept = await client.query<{ lives: number }>(INSERT, [
          child.fingerprint,
          child.publicId,
          child.parent,
          child.parentSubjects,
          JSON.stringify(child.scopes),
          child.seconds,
        ]);
        return kept.rows[0] ? { livesSeconds: kept.rows[0].lives } : 'dead';
      }),
    async forget(publicId) {
      await database.query('DELETE FROM child_tokens WHERE public_id = $1', [publicId]);
    },
  };
}

/**
 * Some at a time, and by one process at a time: nobody who derives shall wait for all that there are after a long while, nor for rows that another removes, which
 * two might even want of each other. Rows can't be passed over by their locks: that would need the right to change them.
 */
const FORGET_OLD = `
  DELETE FROM child_tokens WHERE fingerprint IN
    (SELECT fingerprint FROM child_tokens
     WHERE (SELECT pg_try_advisory_xact_lock(hashtextextended('tourniquet.child_tokens', 0)))
       AND expires_at < statement_timestamp() - interval '1 day'
     ORDER BY expires_at LIMIT ${FORGOTTEN_AT_ONCE})`;

/** Not below a second: who is told "0 seconds" has nothing. */
const INSERT = `
  INSERT INTO child_tokens (fingerprint, public_id, parent, parent_subjects, scopes, expires_at)
  SELECT $1, $2, public_id, $4::text[], $5::jsonb, LEAST(statement_timestamp() + make_interval(secs => $6::integer), expires_at)
  FROM api_tokens
  WHERE public_id = $3 AND state = 'active' AND (expires_at IS NULL OR expires_at >= statement_timestamp() + interval '1 second')
  RETURNING floor(extract(epoch FROM expires_at - statement_timestamp()))::integer AS lives`;
