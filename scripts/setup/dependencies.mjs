import { spawnSync } from 'node:child_process';
import { statSync, writeFileSync } from 'node:fs';
import { contentStampOf, say, textOf } from './project.mjs';

const STAMP = 'node_modules/.tourniquet-installed';
const LOCK_FILE = 'package-lock.json';

/** Whether node_modules holds what package-lock.json says. */
export function dependenciesAreFresh() {
  const wanted = contentStampOf([LOCK_FILE]);
  const stamp = textOf(STAMP);
  if (stamp === wanted) return true;
  if (!installedSince(LOCK_FILE)) return false;
  // A developer's own `npm install`, which we believe.
  writeFileSync(STAMP, wanted);
  return true;
}

/** npm writes this file at the end of each installation. */
function installedSince(path) {
  try {
    return statSync('node_modules/.package-lock.json').mtimeMs >= statSync(path).mtimeMs;
  } catch {
    return false;
  }
}

export function installDependencies() {
  say('installing dependencies (npm ci), once; a minute or so');
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  // Under `npm run`, the npm that runs us; else the one on PATH. What it prints goes to standard error.
  const own = process.env.npm_execpath;
  const [program, first] = own?.endsWith('.js') ? [process.execPath, [own]] : ['npm', []];
  const { status, error } = spawnSync(program, [...first, ...args], { stdio: ['ignore', 2, 2] });
  if (status !== 0)
    throw new Error(
      `npm ci failed (${error?.message ?? `status ${status}`}). Mend what it says above, then run this again.`,
    );
  writeFileSync(STAMP, contentStampOf([LOCK_FILE]));
}
