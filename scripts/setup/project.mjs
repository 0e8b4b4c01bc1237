import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** The folders that are compiled to dist/; what else lies about in the clone is none of our business. */
export const sourceFolders = [
  ...['domain', 'detectors', 'enforcement', 'workflows', 'activities', 'workers'],
  ...['client', 'api', 'cli', 'backtest', 'intel', 'recordings', 'drills', 'stack', 'bench'],
];

export function say(line) {
  process.stderr.write(`setup: ${line}\n`);
}

/** All files under the folders for which `wanted` holds, sorted, as paths from the root. */
export function filesUnder(folders, wanted) {
  const found = [];
  const visit = (folder) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory() && entry.name !== 'node_modules') visit(path);
      else if (entry.isFile() && wanted(path)) found.push(path);
    }
  };
  for (const folder of folders) if (existsSync(join(root, folder))) visit(folder);
  return found.sort();
}

/** Changes when a file comes, goes or is written. By time and size, since reading all would cost more than it saves. */
export function stampOf(paths) {
  const hash = createHash('sha256');
  for (const path of paths) {
    const { mtimeMs, size } = statSync(join(root, path));
    hash.update(`${path}\0${mtimeMs}\0${size}\n`);
  }
  return hash.digest('hex');
}

/** Changes when the content of one of the files does. */
export function contentStampOf(paths) {
  const hash = createHash('sha256');
  for (const path of paths)
    hash
      .update(path)
      .update('\0')
      .update(readFileSync(join(root, path)))
      .update('\0');
  return hash.digest('hex');
}

/** The text of a small file, or undefined when there is none. */
export function textOf(path) {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch {
    return undefined;
  }
}
