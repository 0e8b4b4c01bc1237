import { access, constants, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';

/** The folders of PATH, relative ones left out: what they mean depends on where we happen to be. */
export function pathFolders(): string[] {
  return (process.env['PATH'] ?? '').split(delimiter).filter((folder) => isAbsolute(folder));
}

/** All programs of this name in the given folders, in their order. */
export async function findPrograms(name: string, folders: readonly string[] = pathFolders()): Promise<string[]> {
  const found: string[] = [];
  for (const folder of folders) {
    const candidate = join(folder, name);
    if (await isExecutable(candidate)) found.push(candidate);
  }
  return found;
}

export async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
