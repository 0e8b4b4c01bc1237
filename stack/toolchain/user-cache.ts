import { homedir, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { mkdir } from 'node:fs/promises';

/** Where this user's cache is, if it can be written to: `$XDG_CACHE_HOME/tourniquet`, or `~/.cache/tourniquet`. */
export function userCachePath(): string {
  const { XDG_CACHE_HOME } = process.env;
  return join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'tourniquet');
}

/**
 * The folder in which fetched and built programs are kept for this user, which exists then; where `userCachePath` can't be written
 * to, one in the temporary folder.
 */
export async function userCache(): Promise<string> {
  const wanted = userCachePath();
  try {
    await mkdir(wanted, { recursive: true });
    return wanted;
  } catch {
    const fallback = join(tmpdir(), `tourniquet-cache-${userInfo().uid}`);
    // Owner-only: programs are run from here, and the temporary folder is everybody's.
    await mkdir(fallback, { recursive: true, mode: 0o700 });
    return fallback;
  }
}
