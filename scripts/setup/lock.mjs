import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { say, textOf } from './project.mjs';

const LOCK = '.tourniquet/setup.lock';
/** Long enough for npm ci on a slow line; a holder that is gone is noticed at once, by its process id. */
const STALE_MS = 20 * 60_000;
/** Between making the folder and signing it there is next to no time. */
const UNSIGNED_MS = 5_000;

/** Two at once (a demo and a test run) must not install into, or write, the same folder. */
export async function withSetupLock(work) {
  mkdirSync('.tourniquet', { recursive: true });
  for (let told = false; !claim(); told = true) {
    if (holderIsGone()) rmSync(LOCK, { recursive: true, force: true });
    else {
      if (!told) say('another set-up is running, waiting for it');
      await delay(200);
    }
  }
  const release = () => rmSync(LOCK, { recursive: true, force: true });
  process.once('exit', release);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
  await work();
}

function claim() {
  try {
    // mkdir makes and claims in one step.
    mkdirSync(LOCK);
    writeFileSync(`${LOCK}/pid`, String(process.pid));
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function holderIsGone() {
  try {
    const age = Date.now() - statSync(LOCK).mtimeMs;
    const pid = Number.parseInt(textOf(`${LOCK}/pid`) ?? '', 10);
    if (Number.isNaN(pid)) return age > UNSIGNED_MS;
    if (age > STALE_MS) return true;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}
