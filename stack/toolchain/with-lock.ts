import { mkdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isAlive } from '../is-alive';
import { StackError } from '../stack-error';

const POLL_MS = 200;
const HEARTBEAT_MS = 2_000;
/** A holder renews its lock every two seconds; one that did not for this long is gone, even if its pid is used again. */
const STALE_MS = 30_000;
const PATIENCE_MS = 30 * 60_000;

/**
 * Runs `work` while holding the lock directory `path`, so that two processes do not build the same program at once.
 * A lock whose holder died is taken over.
 */
export async function withLock<T>(path: string, onWait: () => void, work: () => Promise<T>): Promise<T> {
  await acquire(path, onWait);
  const heartbeat = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => undefined), HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    await rm(path, { recursive: true, force: true });
  }
}

async function acquire(path: string, onWait: () => void): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const deadline = Date.now() + PATIENCE_MS;
  for (let told = false; ;) {
    try {
      // mkdir is the one call that makes and claims in a single step.
      await mkdir(path);
      await writeFile(join(path, 'pid'), `${process.pid}`);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    if (await isStale(path)) {
      await rm(path, { recursive: true, force: true });
      continue;
    }
    if (Date.now() > deadline) {
      throw new StackError(
        'LOCK_TIMEOUT',
        `Another process holds ${path} for too long. End it, or remove that folder.`,
      );
    }
    if (!told) onWait();
    told = true;
    await delay(POLL_MS);
  }
}

async function isStale(path: string): Promise<boolean> {
  try {
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs > STALE_MS) return true;
    const holder = Number.parseInt(await readFile(join(path, 'pid'), 'utf8'), 10);
    return Number.isInteger(holder) && !isAlive(holder);
  } catch {
    // Released, or claimed a moment ago and not yet signed: look again.
    return false;
  }
}
