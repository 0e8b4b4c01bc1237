import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runProgram } from '../run-program';
import { StackError } from '../stack-error';
import { findPrograms, isExecutable } from './find-on-path';
import { userCache } from './user-cache';
import { withLock } from './with-lock';

const INSTALL_TIMEOUT_MS = 300_000;
const WHOLE = '.whole';

/** A program that a Python package brings. */
export interface PythonProgram {
  readonly name: string;
  /** Of the package index, in one exact version, and what it has to be installed with: `==` everywhere. */
  readonly packages: readonly [string, ...string[]];
}

/**
 * The program, in a virtual environment of its own in this user's cache: made there if it isn't yet. @throws StackError DOWNLOAD_FAILED without Python, or without
 * the package
 */
export async function pythonProgram(
  { name, packages }: PythonProgram,
  report: (line: string) => void,
): Promise<string> {
  const home = join(await userCache(), 'python', packages[0].replace('==', '-'));
  const program = join(home, 'bin', name);
  const isWhole = () => isExecutable(join(home, WHOLE));
  if (await isWhole()) return program;
  return withLock(
    `${home}.lock`,
    () => report(`${name}: another process is fetching it, waiting`),
    async () => {
      if (!(await isWhole())) await install(home, packages, report);
      return program;
    },
  );
}

async function install(home: string, packages: readonly string[], report: (line: string) => void): Promise<void> {
  const [python] = await findPrograms('python3');
  if (python === undefined) throw new StackError('DOWNLOAD_FAILED', 'python3 is not on PATH');
  report(`fetching ${packages.join(', ')} with pip`);
  // What broke off once may hold the program and not all of what it needs: an environment is begun anew, and marked at the end.
  await rm(home, { recursive: true, force: true });
  await mkdir(dirname(home), { recursive: true });
  await run(python, ['-m', 'venv', home]);
  await run(join(home, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', ...packages]);
  await writeFile(join(home, WHOLE), '', { mode: 0o700 });
}

async function run(program: string, args: readonly string[]): Promise<void> {
  const { code, output } = await runProgram(program, args, { timeoutMs: INSTALL_TIMEOUT_MS });
  if (code !== 0)
    throw new StackError('DOWNLOAD_FAILED', `${args.slice(0, 3).join(' ')} ended with ${code}: ${output.trim()}`);
}
