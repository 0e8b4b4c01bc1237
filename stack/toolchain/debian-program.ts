import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runProgram, type RunOptions } from '../run-program';
import { messageOf, StackError } from '../stack-error';
import { findPrograms, isExecutable, pathFolders } from './find-on-path';
import { userCache } from './user-cache';
import { withLock } from './with-lock';

type Report = (line: string) => void;

/** A program of a Debian package that is used without being installed. */
export interface DebianRecipe {
  readonly name: string;
  readonly packageName: string;
  /** Other packages that hold what the program links to. */
  readonly besides?: readonly string[];
  /** Within the package. */
  readonly place: string;
  /** What shows that a program of this name has what we use. */
  readonly check: { readonly args: readonly string[]; readonly output: RegExp };
}

/** `libraryPath`: for LD_LIBRARY_PATH, when the machine lacks libraries and they were unpacked beside it. */
export interface DebianProgram {
  readonly program: string;
  readonly libraryPath?: string;
}

/** Debian puts servers where only root looks. */
const SERVER_FOLDERS = ['/usr/sbin', '/usr/local/sbin'];
const APT_TIMEOUT_MS = 120_000;

/**
 * Finds a program on this machine, or unpacks Debian's package into this user's cache: no root is needed, and nothing is installed.
 * @throws StackError PROGRAM_NOT_FOUND where neither is possible, as on systems without apt
 */
export async function debianProgram(recipe: DebianRecipe, report: Report): Promise<DebianProgram> {
  for (const program of await findPrograms(recipe.name, [...pathFolders(), ...SERVER_FOLDERS]))
    if (await isUsable(recipe, { program })) return { program };
  const home = join(await userCache(), 'debian', `${recipe.packageName}-${process.arch}`);
  const found = await unpacked(recipe, home);
  if (found) return found;
  const onWait = () => report(`${recipe.name}: another process is fetching it, waiting`);
  return withLock(`${home}.lock`, onWait, async () => {
    const made = (await unpacked(recipe, home)) ?? (await unpack(recipe, home, report));
    if (!made) throw notFound(recipe, 'the package was unpacked, but its program does not run here');
    return made;
  });
}

async function isUsable({ check }: DebianRecipe, { program, libraryPath }: DebianProgram): Promise<boolean> {
  const env = { ...process.env, ...(libraryPath === undefined ? {} : { LD_LIBRARY_PATH: libraryPath }) };
  const asked = runProgram(program, check.args, { timeoutMs: 10_000, env });
  return asked.then(({ code, output }) => code === 0 && check.output.test(output)).catch(() => false);
}

async function unpacked(recipe: DebianRecipe, home: string): Promise<DebianProgram | undefined> {
  const program = join(home, recipe.place);
  if (!(await isExecutable(program))) return undefined;
  if (await isUsable(recipe, { program })) return { program };
  const libraryPath = (await libraryFolders(home)).join(':');
  return (await isUsable(recipe, { program, libraryPath })) ? { program, libraryPath } : undefined;
}

async function unpack(recipe: DebianRecipe, home: string, report: Report): Promise<DebianProgram | undefined> {
  report(`${recipe.name}: fetching Debian's package ${recipe.packageName}`);
  await mkdir(dirname(home), { recursive: true });
  const staging = await mkdtemp(`${home}-`);
  try {
    const root = join(staging, 'root');
    await fetchInto(root, staging, packagesOf(recipe), recipe);
    if (!(await unpacked(recipe, root))) await fetchInto(root, staging, await librariesOf(recipe, staging), recipe);
    await rm(home, { recursive: true, force: true });
    await rename(root, home);
    return await unpacked(recipe, home);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function fetchInto(root: string, staging: string, packages: readonly string[], recipe: DebianRecipe) {
  const options = { cwd: staging, timeoutMs: APT_TIMEOUT_MS };
  try {
    await must('apt-get', ['download', ...packages], options).catch(async () => {
      // No package lists, as in small containers: take lists of our own, which needs no root either.
      await must('apt-get', [...(await ownLists(staging)), 'update'], options);
      await must('apt-get', [...(await ownLists(staging)), 'download', ...packages], options);
    });
    for (const file of await readdir(staging)) {
      if (!file.endsWith('.deb')) continue;
      await must('dpkg', ['-x', join(staging, file), root], options);
      await rm(join(staging, file));
    }
  } catch (error) {
    throw notFound(recipe, messageOf(error));
  }
}

function packagesOf({ packageName, besides = [] }: DebianRecipe): string[] {
  return [packageName, ...besides];
}

/** The libraries that the packages name; libc is the machine's own, or nothing would run. */
async function librariesOf(recipe: DebianRecipe, staging: string): Promise<string[]> {
  const args = [...(await ownLists(staging)), 'depends', '--important', ...packagesOf(recipe)];
  const machine = await must('apt-cache', ['depends', '--important', ...packagesOf(recipe)], {}).catch(() => '');
  const output = machine || (await must('apt-cache', args, {}).catch(() => ''));
  const names = [...output.matchAll(/Depends: (?<name>(?:lib|zlib)[\w.+-]*)/g)].map(
    (match) => match.groups?.['name'] ?? '',
  );
  return [...new Set(names)].filter((name) => name !== 'libc6');
}

/** Options that keep apt's state in our own folder. */
async function ownLists(staging: string): Promise<string[]> {
  const folders = { 'Dir::State::lists': join(staging, 'lists'), 'Dir::Cache': join(staging, 'cache') };
  for (const folder of Object.values(folders)) await mkdir(join(folder, 'partial'), { recursive: true });
  return [
    ...Object.entries(folders).flatMap(([name, folder]) => ['-o', `${name}=${folder}`]),
    '-o',
    'APT::Sandbox::User=',
  ];
}

async function libraryFolders(home: string): Promise<string[]> {
  const folders: string[] = [];
  for (const parent of [join(home, 'usr', 'lib'), join(home, 'lib')])
    for (const name of await readdir(parent).catch(() => []))
      if (name.includes('-linux-')) folders.push(join(parent, name));
  return folders;
}

async function must(name: string, args: readonly string[], options: RunOptions): Promise<string> {
  const [program] = await findPrograms(name);
  if (program === undefined) throw new StackError('DOWNLOAD_FAILED', `${name} is not on PATH`);
  const { code, output } = await runProgram(program, args, { ...options, env: process.env });
  if (code !== 0) throw new StackError('DOWNLOAD_FAILED', `${name} ended with status ${code}: ${output.trim()}`);
  return output;
}

function notFound({ name, packageName }: DebianRecipe, why: string): StackError {
  return new StackError(
    'PROGRAM_NOT_FOUND',
    `No ${name} could be found, and Debian's package ${packageName} could not be unpacked: ${why}\nInstall ${name}.`,
  );
}

/** `auth_request` is a module that not every build has. */
export const NGINX: DebianRecipe = {
  name: 'nginx',
  packageName: 'nginx',
  place: 'usr/sbin/nginx',
  check: { args: ['-V'], output: /--with-http_auth_request_module/ },
};

/** BSD-licensed up to 7.2. Its package links to a program of another one; ACLs that can be tried without doing (`ACL DRYRUN`) came with 7. */
export const REDIS: DebianRecipe = {
  name: 'redis-server',
  packageName: 'redis-server',
  besides: ['redis-tools'],
  place: 'usr/bin/redis-server',
  check: { args: ['--version'], output: /\bv=(?:[7-9]|\d{2,})\./ },
};
