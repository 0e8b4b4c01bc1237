import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { IncidentError } from '../../domain/errors';
import { failureCode } from './postgres-admin';

/** A backend ends within milliseconds of its signal; one in a long system call may take longer. */
const END_WITHIN_MS = 5_000;
/**
 * A login that has passed the check of its right to log in becomes a session within milliseconds. One that takes longer stalls, or
 * was told to: every client may set `post_auth_delay`, and turn up minutes after the check.
 */
const START_WITHIN_MS = 500;
const LOOK_EVERY_MS = 10;

export async function countSessions(admin: Client, role: string): Promise<number> {
  const result = await admin.query<{ sessions: number }>(
    'SELECT count(*)::int AS sessions FROM pg_stat_activity WHERE usename = $1',
    [role],
  );
  return result.rows[0]?.sessions ?? 0;
}

/**
 * Ends every session of a role that can't log in any more, those included whose login was under way. All are signalled before
 * any is waited for: pg_terminate_backend with a time-out waits at least 100 ms for each, one after the other.
 * @throws IncidentError SESSIONS_REMAIN: the caller tries again.
 */
export async function endSessions(admin: Client, role: string): Promise<number> {
  const begin = Date.now();
  const ended = new Set<number>();
  let starting = await startingBackends(admin);
  for (;;) {
    const result = await admin.query<{ pid: number }>(
      'SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1',
      [role],
    );
    for (const { pid } of result.rows) ended.add(pid);
    if (result.rows.length === 0 && starting.length === 0) return ended.size;
    if (Date.now() - begin > END_WITHIN_MS)
      throw new IncidentError('SESSIONS_REMAIN', { role, sessions: result.rows.length, starting: starting.length });
    if (Date.now() - begin > START_WITHIN_MS) starting = await endStarting(admin, starting);
    await sleep(LOOK_EVERY_MS);
    // Read before the sessions are: what has left this list by now stands in theirs.
    const still = new Set(await startingBackends(admin));
    starting = starting.filter((pid) => still.has(pid));
  }
}

/**
 * Ends logins under way, whoever's they are: whose they are is not known before they are sessions, and an honest client connects again.
 * Returns those that may still become a session. PostgreSQL refuses to signal one that has named no role yet: that one is before the
 * check, which will refuse it.
 */
async function endStarting(admin: Client, pids: readonly number[]): Promise<number[]> {
  const left: number[] = [];
  for (const pid of pids) {
    try {
      await admin.query('SELECT pg_terminate_backend($1)', [pid]);
      left.push(pid);
    } catch (error) {
      if (failureCode(error) !== '42501') throw error;
    }
  }
  return left;
}

/**
 * Backends between their first transaction and their entry in pg_stat_activity: PostgreSQL checks the right to log in there. From
 * version 18 on they are listed at once, in state `starting`.
 */
async function startingBackends(admin: Client): Promise<number[]> {
  const result = await admin.query<{ pid: number }>(
    `SELECT l.pid FROM pg_locks l WHERE l.locktype = 'virtualxid' AND l.pid IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM pg_stat_activity a WHERE a.pid = l.pid AND a.state IS DISTINCT FROM 'starting')`,
  );
  return result.rows.map(({ pid }) => pid);
}
