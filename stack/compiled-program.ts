import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The path of a compiled program of ours, also when this runs from the sources, as tests do. */
export function compiledProgram(...segments: readonly string[]): string {
  let root = __dirname;
  while (!existsSync(join(root, 'package.json'))) root = dirname(root);
  return join(root, 'dist', ...segments);
}
