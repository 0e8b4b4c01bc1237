import { open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Puts a file in the place of another, whole: whoever reads it sees the one or the other. It is owned by whom that one was: a service must be able to read
 * it still. @throws the system's error, with what was there unchanged
 */
export async function replaceFile(path: string, content: string, mode: number): Promise<void> {
  // One name: what a process that died has left of a value is gone with the next one.
  const beside = `${path}.tourniquet-new`;
  await rm(beside, { force: true });
  try {
    const file = await open(beside, 'wx', 0o600);
    try {
      await belongAs(file, path);
      await file.chmod(mode);
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
  await syncDirectory(dirname(path));
}

async function belongAs(file: FileHandle, path: string): Promise<void> {
  const [before, now] = await Promise.all([stat(path).catch(() => undefined), file.stat()]);
  if (before && (before.uid !== now.uid || before.gid !== now.gid)) await file.chown(before.uid, before.gid);
}

/** A directory that may be written and not read can't be asked for it: the name is there all the same. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r').catch(() => undefined);
  if (!directory) return;
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
