import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { workflowBundle } from '../support/workflow-bundle';

const ROOT = resolve(__dirname, '../..');
const CACHE = resolve(ROOT, 'node_modules/.cache/faults');
const SHORT_LIMITS = resolve(__dirname, 'short-time-limits.ts');
const PRODUCT_LIMITS = resolve(ROOT, 'dist/workflows/lib/time-limits.js');

/** The workflows as the product runs them. */
export async function productBundle(): Promise<string> {
  return readFile(workflowBundle.codePath, 'utf8');
}

/** The same workflows with short time limits, made when it is not there yet. Resolves to where it lies. */
export async function shortBundlePath(): Promise<string> {
  const stamp = createHash('sha256')
    .update(await productBundle())
    .update(await readFile(SHORT_LIMITS));
  const path = resolve(CACHE, `workflows-${stamp.digest('hex').slice(0, 16)}.js`);
  const there = await readFile(path).catch(() => undefined);
  if (there) return path;
  const { code } = await bundleWorkflowCode({
    workflowsPath: resolve(ROOT, 'dist/workflows/index.js'),
    failureConverterPath: resolve(ROOT, 'dist/workflows/failure-converter.js'),
    logger: new DefaultLogger('WARN'),
    webpackConfigHook: (config) => ({
      ...config,
      resolve: { ...config.resolve, alias: { ...config.resolve?.alias, [PRODUCT_LIMITS]: SHORT_LIMITS } },
    }),
  });
  if (code.includes(`exports.TIME_LIMITS = {\n    lookups: { startToCloseTimeout: '10s'`))
    throw new Error('the time limits were not replaced');
  await mkdir(CACHE, { recursive: true });
  // Renamed into place: another run must not read half of it.
  await writeFile(`${path}.${process.pid}`, code);
  await rename(`${path}.${process.pid}`, path);
  return path;
}

export async function shortBundle(): Promise<string> {
  return readFile(await shortBundlePath(), 'utf8');
}
