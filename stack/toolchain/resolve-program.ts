import { chmod, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { runProgram } from '../run-program';
import { messageOf, StackError } from '../stack-error';
import { findPrograms, isExecutable } from './find-on-path';
import { goBuild } from './go-build';
import { isAtLeast, releasePlatform, type ProgramRecipe } from './program-recipe';
import { userCache } from './user-cache';
import { verifiedDownload } from './verified-download';
import { withLock } from './with-lock';

type Report = (line: string) => void;

/**
 * The path of a server program: on PATH, in this user's cache, or fetched or built into that cache, in this order.
 * @throws StackError PROGRAM_NOT_FOUND, which lists what was tried and what can be done.
 */
export async function resolveProgram(recipe: ProgramRecipe, report: Report): Promise<string> {
  const tried: string[] = [];
  const onPath = await recentEnoughOnPath(recipe, tried);
  if (onPath !== undefined) return onPath;

  const newer = recipe.newerModules.map((module) => `${basename(module)}-`).join('');
  const build = `${recipe.version}-${newer}${process.platform}-${process.arch}`;
  const cached = join(await userCache(), recipe.name, build, recipe.name);
  if (await isExecutable(cached)) return cached;
  const onWait = () => report(`${recipe.name}: another process is making it, waiting`);
  return withLock(`${dirname(cached)}.lock`, onWait, async () => {
    // Who waited for the lock mostly finds the work done.
    if (await isExecutable(cached)) return cached;
    await make(recipe, cached, report, tried);
    return cached;
  });
}

async function recentEnoughOnPath(recipe: ProgramRecipe, tried: string[]): Promise<string | undefined> {
  for (const program of await findPrograms(recipe.name)) {
    const version = await versionOf(program, recipe);
    if (version !== undefined && isAtLeast(version, recipe.minimumVersion)) return program;
    tried.push(`${program}: version ${version ?? 'unknown'}, and ${recipe.minimumVersion} or later is needed`);
  }
  if (tried.length === 0) tried.push('PATH: not there');
  return undefined;
}

async function versionOf(program: string, recipe: ProgramRecipe): Promise<string | undefined> {
  try {
    const { output } = await runProgram(program, ['--version'], { timeoutMs: 10_000 });
    return recipe.versionPattern.exec(output)?.groups?.['version'];
  } catch {
    return undefined;
  }
}

/** Makes the program next to its final place and moves it there in one step, so that no half-written one is ever run. */
async function make(recipe: ProgramRecipe, cached: string, report: Report, tried: string[]): Promise<void> {
  const folder = dirname(cached);
  await removeUnfinished(folder);
  const staging = await mkdtemp(`${folder}-`);
  try {
    const program =
      (await attempt('download', tried, () => download(recipe, staging, report))) ??
      (await attempt('Go module proxy', tried, () => goBuild(recipe, join(staging, 'built'), report)));
    if (program === undefined) throw notFound(recipe, tried);
    await chmod(program, 0o755);
    await mkdir(folder, { recursive: true });
    await rename(program, cached);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** What an interrupted build left behind. We hold the lock, so nobody is at work in there. */
async function removeUnfinished(folder: string): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  for (const name of await readdir(dirname(folder))) {
    if (name.startsWith(`${basename(folder)}-`))
      await rm(join(dirname(folder), name), { recursive: true, force: true });
  }
}

async function attempt<T>(source: string, tried: string[], work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    tried.push(`${source}: ${messageOf(error)}`);
    return undefined;
  }
}

async function download(recipe: ProgramRecipe, staging: string, report: Report): Promise<string> {
  const platform = releasePlatform();
  if (!platform) throw new StackError('DOWNLOAD_FAILED', `no release for ${process.platform} ${process.arch}`);
  const { archive, checksums } = recipe.release(platform.os, platform.arch);
  const file = join(staging, 'archive.tar.gz');
  report(`${recipe.name}: fetching ${archive}`);
  try {
    await verifiedDownload(archive, checksums, file);
  } catch (error) {
    report(`${recipe.name}: not fetched (${messageOf(error)})`);
    throw error;
  }
  const { code, output } = await runProgram('tar', ['-xzf', file, '-C', staging]);
  if (code !== 0) throw new StackError('DOWNLOAD_FAILED', `tar ended with status ${code}: ${output.trim()}`);
  // One project packs the program at the top of the archive, the other in a folder named as the archive.
  const folders = [staging, join(staging, archive.slice(archive.lastIndexOf('/') + 1, -'.tar.gz'.length))];
  const [program] = await findPrograms(recipe.name, folders);
  if (program === undefined) throw new StackError('DOWNLOAD_FAILED', `${archive} holds no ${recipe.name}`);
  return program;
}

function notFound(recipe: ProgramRecipe, tried: readonly string[]): StackError {
  return new StackError(
    'PROGRAM_NOT_FOUND',
    `No ${recipe.name} could be found or made.\n${tried.map((line) => `  - ${line}`).join('\n')}\n` +
      `Install ${recipe.name}, or Go (it is then built), or set ${recipe.addressVariable} to a running server.`,
  );
}
