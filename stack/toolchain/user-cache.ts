import { homedir, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { mkdir } from 'node:fs/promises';

/**
 * The folder in which fetched and built programs are kept for this user: `$XDG_CACHE_HOME/tourniquet`, or
 * `~/.cache/tourniquet`; where neither can be written to, one in the temporary folder.
 */
export async function userCache(): Promise<string> {
  const { XDG_CACHE_HOME } = process.env;
  const wanted = join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'tourniquet');
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
