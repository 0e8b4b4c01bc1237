import { randomUUID } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { link, lstat, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SecretRef } from '../../../domain/credential';
import type { SecretStore } from '../../../domain/ports/stores';
import { systemCode } from '../../system-code';
import { nameOf, notFound, valueAt, withPlace } from './secret-place';
import type { FilesSettings } from './store-settings';
import { inTime, unavailable } from './store-unavailable';

const STORE = 'files';
const UNFINISHED = '.unfinished-';
/** Far longer than any writing takes: what is older was left by a process that died. */
const LEFT_AFTER_MS = 60_000;

/**
 * A directory that only we may enter, with a file a value that only we may read. A file appears whole or not at all: it is written under another name,
 * and `link` fails where the name is taken. Names are letters, digits and `-` only, so that no path leads out of the directory.
 */
export function createFilesStore({ directory }: FilesSettings): SecretStore {
  const fileOf = (ref: SecretRef): string => join(directory, nameOf(ref));
  const run = <T>(call: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> =>
    inTime(STORE, call, async (signal) => {
      mustBeOurs(await lstat(directory), 'isDirectory');
      return work(signal);
    });

  return {
    putIfAbsent: (ref, value) =>
      run('write', async (signal) => {
        await removeLeftBehind(directory);
        const unfinished = join(directory, `${UNFINISHED}${randomUUID()}`);
        try {
          await writeSynced(unfinished, withPlace(ref, value));
          // Whoever waited was told that nothing is known: a value must not appear long after.
          signal.throwIfAborted();
          await link(unfinished, fileOf(ref));
          return 'stored';
        } catch (error) {
          if (systemCode(error) === 'EEXIST') return 'exists';
          throw error;
        } finally {
          await rm(unfinished, { force: true });
          await sync(directory);
        }
      }),

    get: (ref) =>
      run('read', async () => {
        const file = await open(fileOf(ref), constants.O_RDONLY | constants.O_NOFOLLOW).catch((error: unknown) => {
          throw systemCode(error) === 'ENOENT' ? notFound(ref) : error;
        });
        try {
          mustBeOurs(await file.stat(), 'isFile');
          return valueAt(ref, await file.readFile('utf8'));
        } finally {
          await file.close();
        }
      }),

    destroy: (ref) =>
      run('destroy', async () => {
        await removeLeftBehind(directory);
        await rm(fileOf(ref), { force: true });
        await sync(directory);
      }),
  };
}

/** What others may open, or have made, is not used. @throws IncidentError SECRET_STORE_UNAVAILABLE */
function mustBeOurs(found: Stats, kind: 'isDirectory' | 'isFile'): void {
  if (!found[kind]() || found.uid !== process.getuid?.() || (found.mode & 0o077) !== 0)
    throw unavailable(STORE, { reply: `${kind === 'isFile' ? 'the file' : 'the directory'} is open to others` });
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text, 'utf8');
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A name is on the disk only when its directory is. */
async function sync(directory: string): Promise<void> {
  const opened = await open(directory, 'r');
  await opened.sync().finally(() => opened.close());
}

/** A process that died while it wrote has left a value behind that nobody asks for. */
async function removeLeftBehind(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (!name.startsWith(UNFINISHED)) continue;
    const path = join(directory, name);
    const found = await lstat(path).catch(() => undefined);
    if (found && Date.now() - found.mtimeMs > LEFT_AFTER_MS) await rm(path, { force: true });
  }
}
