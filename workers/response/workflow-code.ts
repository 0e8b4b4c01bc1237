import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { WorkerOptions } from '@temporalio/worker';

/** The bundle made at build time starts seconds sooner; in development there is none. */
export function workflowCode(): Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath'> {
  const bundle = bundlePath();
  return existsSync(bundle)
    ? { workflowBundle: { codePath: bundle } }
    : { workflowsPath: require.resolve('../../workflows') };
}

/** Which build this is, by the code that histories are replayed with: the same for all machines it is deployed to. */
export function builtId(): string {
  const bundle = bundlePath();
  return existsSync(bundle)
    ? createHash('sha256').update(readFileSync(bundle)).digest('hex').slice(0, 12)
    : 'development';
}

function bundlePath(): string {
  return path.join(__dirname, '..', '..', 'workflows-bundle.js');
}
