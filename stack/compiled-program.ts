import { join } from 'node:path';
import { projectRoot } from '../workers/project-root';

/** The path of a compiled program of ours, also when this runs from the sources, as tests do. */
export function compiledProgram(...segments: readonly string[]): string {
  return join(projectRoot(), 'dist', ...segments);
}
