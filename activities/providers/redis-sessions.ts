import { setTimeout as sleep } from 'node:timers/promises';
import { IncidentError } from '../../domain/errors';
import type { RedisConnection } from './redis-connection';

/** Redis frees a connection that is cut within its own loop; one with much to send may take longer. */
const END_WITHIN_MS = 5_000;
const LOOK_EVERY_MS = 20;

/** Connections that are being closed do nothing any more. */
const CLOSING = /[Ac]/;

/** The ids of a user's connections in an answer to CLIENT LIST. */
export function sessionsIn(clientList: string, user: string): readonly string[] {
  return clientList.split('\n').flatMap((line) => {
    const field = (name: string): string => new RegExp(`(?:^| )${name}=(\\S*)`).exec(line)?.[1] ?? '';
    return field('user') === user && !CLOSING.test(field('flags')) ? [field('id')] : [];
  });
}

export async function sessionsOfUser(redis: RedisConnection, user: string): Promise<readonly string[]> {
  return sessionsIn(await redis.sendCommand<string>(['CLIENT', 'LIST']), user);
}

/**
 * Waits until those of `ids` are gone, cutting them again: `CLIENT KILL` may leave one to be freed later.
 * @throws IncidentError SESSIONS_REMAIN: the caller tries again
 */
export async function untilGone(redis: RedisConnection, user: string, ids: readonly string[]): Promise<void> {
  const begin = Date.now();
  let left = ids;
  while (left.length > 0) {
    if (Date.now() - begin > END_WITHIN_MS) throw new IncidentError('SESSIONS_REMAIN', { user, sessions: left.length });
    for (const id of left) await redis.sendCommand(['CLIENT', 'KILL', 'ID', id]);
    await sleep(LOOK_EVERY_MS);
    const there = new Set(await sessionsOfUser(redis, user));
    left = left.filter((id) => there.has(id));
  }
}
