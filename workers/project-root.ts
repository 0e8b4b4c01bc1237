import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The project's folder, also when this runs compiled, where code lies a folder deeper than its source. */
export function projectRoot(): string {
  let root = __dirname;
  while (!existsSync(join(root, 'package.json')) && dirname(root) !== root) root = dirname(root);
  return root;
}
