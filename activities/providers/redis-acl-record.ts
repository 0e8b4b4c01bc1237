import type { RedisConnection } from './redis-connection';
import { sessionsIn, untilGone } from './redis-sessions';

/**
 * What Redis has on record of one version. The version is one password of `user`. When it is first refused, a second user, the
 * marker, is made: `off`, without a right, named by the version. It remembers in Redis itself what we did, since a password
 * that was taken away leaves no trace:
 * - its password is the one that was taken away, as a hash, so that a release can give it back;
 * - the channel `ended` says that the sessions of then are gone;
 * - the key `revoked` says that nothing may give it back. No call of ours removes it.
 */
export interface AclRecord {
  readonly user: string;
  readonly marker: string;
  /** SHA-256 in hex, as Redis keeps it; undefined when neither our store nor the marker has it. */
  readonly hash: string | undefined;
  readonly userExists: boolean;
  /** `nopass`: whoever connects is let in. */
  readonly open: boolean;
  /** Whether the password lets in as far as it goes. */
  readonly accepted: boolean;
  readonly marked: boolean;
  readonly ended: boolean;
  readonly revoked: boolean;
}

/** The user whose password a version is: what stands before `_v<number>`. */
export function userOf(publicId: string): string {
  return publicId.replace(/_v\d+$/, '');
}

export async function readRecord(
  redis: RedisConnection,
  publicId: string,
  storedHash: string | undefined,
): Promise<AclRecord> {
  const user = userOf(publicId);
  const marker = `tourniquet:${publicId}`;
  const found = await redis.aclGetUser(user);
  const mark = await redis.aclGetUser(marker);
  const hash = storedHash ?? mark?.passwords[0];
  return {
    user,
    marker,
    hash,
    userExists: found !== null,
    open: found?.flags.includes('nopass') ?? false,
    accepted: hash !== undefined && (found?.passwords.includes(hash) ?? false),
    marked: mark !== null,
    ended: patterns(mark?.channels).includes('&ended'),
    revoked: patterns(mark?.keys).includes('~revoked'),
  };
}

/**
 * Takes the password away, marks it and cuts every session of the user, in one transaction, so that no login comes between: Redis
 * doesn't know which password a session was opened with. What is opened afterwards was opened with another one.
 * @throws IncidentError SESSIONS_REMAIN: the record does not say `ended`, so the next attempt cuts again
 */
export async function takeAway(
  redis: RedisConnection,
  { user, marker }: Pick<AclRecord, 'user' | 'marker'>,
  { hash, forGood }: { readonly hash: string; readonly forGood: boolean },
): Promise<number> {
  const marks = [...(forGood ? ['resetpass', '~revoked'] : [`#${hash}`]), '&ended'];
  const [, , ended, list] = await redis
    .multi()
    // Added first, since to remove what is not there is an error: another attempt may have come before.
    .addCommand(['ACL', 'SETUSER', user, `#${hash}`, `!${hash}`])
    .addCommand(['ACL', 'SETUSER', marker, ...marks])
    .addCommand(['CLIENT', 'KILL', 'USER', user])
    .addCommand(['CLIENT', 'LIST'])
    .exec();
  const left = sessionsIn(list as unknown as string, user);
  if (left.length > 0) {
    // Redis 7 cuts at once; should one be left to be freed later, they have not ended before it is gone.
    await redis.aclSetUser(marker, 'resetchannels');
    await untilGone(redis, user, left);
    await redis.aclSetUser(marker, '&ended');
  }
  return Number(ended);
}

/**
 * Ends for good what was taken away and cut before, and cuts nobody: the sessions there are now are its successor's. Returns whether
 * it still was so at that very moment; a release that came between has let sessions in again.
 */
export async function endForGood(
  redis: RedisConnection,
  { user, marker }: Pick<AclRecord, 'user' | 'marker'>,
  hash: string,
): Promise<'done' | 'released meanwhile'> {
  const replies = await redis
    .multi()
    .addCommand(['ACL', 'SETUSER', user, `#${hash}`, `!${hash}`])
    .addCommand(['ACL', 'SETUSER', marker, 'resetpass', '~revoked'])
    .aclGetUser(marker)
    .exec();
  const mark = replies.at(-1) as unknown as { channels: Patterns };
  return patterns(mark.channels).includes('&ended') ? 'done' : 'released meanwhile';
}

/** Adds the password. Returns what the marker said at that very moment: a containment may have come between look and act. */
export async function giveBack(
  redis: RedisConnection,
  { user, marker }: AclRecord,
  { hash, release }: { readonly hash: string; readonly release: boolean },
): Promise<'free' | 'contained'> {
  const transaction = redis.multi().addCommand(['ACL', 'SETUSER', user, `#${hash}`]);
  // What is let in again has sessions again. To make a marker where none is would be no release.
  if (release) transaction.addCommand(['ACL', 'SETUSER', marker, 'resetchannels']);
  const replies = await transaction.aclGetUser(marker).exec();
  const mark = replies.at(-1) as unknown as { keys: Patterns } | null;
  if (mark === null) return 'free';
  return release && !patterns(mark.keys).includes('~revoked') ? 'free' : 'contained';
}

type Patterns = string | readonly string[] | undefined;

/** One text since Redis 7, a list before. */
function patterns(found: Patterns): readonly string[] {
  return typeof found === 'string' ? found.split(' ') : (found ?? []);
}
