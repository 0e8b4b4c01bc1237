import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { contentStampOf, filesUnder, say, textOf } from './project.mjs';

const ENTRY = 'dist/workflows/index.js';
const FAILURE_CONVERTER = 'dist/workflows/failure-converter.js';
const BUNDLE = 'dist/workflows-bundle.js';
const STAMP = 'dist/.bundled';

/** All that workflow code may take values from; the import rules see to that. */
const inputStamp = () =>
  contentStampOf([
    ...filesUnder(['dist/workflows', 'dist/domain'], (path) => path.endsWith('.js')),
    'node_modules/@temporalio/worker/package.json',
  ]);

export function bundleIsFresh() {
  return !existsSync(ENTRY) || (existsSync(BUNDLE) && textOf(STAMP) === inputStamp());
}

export async function bundleWorkflows() {
  const begin = Date.now();
  const stamp = inputStamp();
  say('bundling workflows');
  const { bundleWorkflowCode, DefaultLogger } = createRequire(import.meta.url)('@temporalio/worker');
  const logger = new DefaultLogger('WARN', ({ message }) => say(message));
  const { code } = await bundleWorkflowCode({
    workflowsPath: resolve(ENTRY),
    failureConverterPath: resolve(FAILURE_CONVERTER),
    logger,
  });
  mkdirSync('dist', { recursive: true });
  // Renamed into place: a worker that starts now must not read half of it.
  writeFileSync(`${BUNDLE}.new`, code);
  renameSync(`${BUNDLE}.new`, BUNDLE);
  writeFileSync(STAMP, stamp);
  say(`bundled in ${((Date.now() - begin) / 1000).toFixed(1)} s`);
}
