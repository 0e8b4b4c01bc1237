import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from '../run-program';
import { StackError } from '../stack-error';
import { findPrograms } from './find-on-path';
import type { ProgramRecipe } from './program-recipe';

const PROGRESS_MS = 5_000;

/** Builds a program from the Go module proxy into `folder`, telling every few seconds how far it has come. */
export async function goBuild(recipe: ProgramRecipe, folder: string, report: (line: string) => void): Promise<string> {
  const [go] = await findPrograms('go');
  if (go === undefined) throw new StackError('BUILD_FAILED', 'Go is not installed');
  await mkdir(folder, { recursive: true });
  report(
    `${recipe.name}: building v${recipe.version} with Go, ${recipe.buildMinutes} on two cores, once for this user`,
  );

  const begin = Date.now();
  let last = 'resolving modules';
  const progress = setInterval(() => {
    report(`${recipe.name}: building, ${Math.round((Date.now() - begin) / 1_000)} s: ${last}`);
  }, PROGRESS_MS);
  // A module of its own: `go install PACKAGE@VERSION` takes no newer module than the package asks for.
  const steps = [
    ['mod', 'init', 'build'],
    ['get', `${recipe.goPackage}@v${recipe.version}`, ...recipe.newerModules],
    ['install', '-v', recipe.goPackage],
  ];
  try {
    for (const step of steps) await run(go, step, folder, (line) => (last = line));
  } finally {
    clearInterval(progress);
  }
  report(`${recipe.name}: built in ${Math.round((Date.now() - begin) / 1_000)} s`);
  return join(folder, recipe.name);
}

async function run(go: string, args: readonly string[], folder: string, onLine: (line: string) => void): Promise<void> {
  const { code, output } = await runProgram(go, [...args], {
    cwd: folder,
    // A workspace file or flags of the caller's must not change what is built.
    env: { ...process.env, GOBIN: folder, GOWORK: 'off', GOFLAGS: '' },
    onLine,
  });
  if (code === 0) return;
  const tail = output.trim().split('\n').slice(-5).join('\n');
  throw new StackError('BUILD_FAILED', `go ${args[0]} ended with status ${code}:\n${tail}`);
}
