import { spawn, type ChildProcess } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isAlive } from './is-alive';
import { JANITOR_SCRIPT } from './leash';
import { StackError } from './stack-error';

/** Servers of a stack whose owner was killed need this long at most until their leash has ended them. */
const LEFTOVERS_TIMEOUT_MS = 15_000;

export interface StateDirectory {
  path: string;
  runDirectory: string;
  /** Removes the directory if it is a temporary one of ours. To be called when all servers are gone. */
  close(): Promise<void>;
}

/** Opens the given state directory, or makes a temporary one that goes when this process does. */
export async function openStateDirectory(wanted: string | undefined): Promise<StateDirectory> {
  if (wanted === undefined) return temporaryDirectory();
  const path = resolve(wanted);
  const runDirectory = join(path, 'run');
  await mkdir(runDirectory, { recursive: true });
  await untilUnused(path, runDirectory);
  return { path, runDirectory, close: () => Promise.resolve() };
}

async function temporaryDirectory(): Promise<StateDirectory> {
  const path = await mkdtemp(join(tmpdir(), 'tourniquet-'));
  // mkdtemp makes it owner-only, and as root PostgreSQL runs as another user, who has to get through.
  await chmod(path, 0o711);
  const runDirectory = join(path, 'run');
  await mkdir(runDirectory);
  const janitor = spawn('/bin/sh', ['-c', JANITOR_SCRIPT, 'janitor', path], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const gone = new Promise<void>((resolveGone) => {
    janitor.once('error', () => resolveGone());
    janitor.once('exit', () => resolveGone());
  });
  // It must not keep us alive; the servers do that, as long as they run.
  janitor.unref();
  (janitor.stdin as Socket).unref();
  return { path, runDirectory, close: () => dismiss(janitor, gone, path) };
}

async function dismiss(janitor: ChildProcess, gone: Promise<void>, path: string): Promise<void> {
  janitor.ref();
  janitor.stdin?.destroy();
  await gone;
  // Mostly done by then. Again, for a janitor that could not start.
  await rm(path, { recursive: true, force: true });
}

async function untilUnused(path: string, runDirectory: string): Promise<void> {
  const deadline = Date.now() + LEFTOVERS_TIMEOUT_MS;
  for (;;) {
    const users = await runningServers(runDirectory);
    if (users.length === 0) return;
    if (Date.now() > deadline) {
      throw new StackError(
        'DIRECTORY_IN_USE',
        `${path} is in use by another local stack (processes ${users.join(', ')}). Stop that one, or give another directory.`,
      );
    }
    await delay(200);
  }
}

async function runningServers(runDirectory: string): Promise<number[]> {
  const pids: number[] = [];
  for (const file of await readdir(runDirectory)) {
    const pid = Number.parseInt(await readFile(join(runDirectory, file), 'utf8').catch(() => ''), 10);
    if (Number.isInteger(pid) && isAlive(pid)) pids.push(pid);
    else await rm(join(runDirectory, file), { force: true });
  }
  return pids;
}
