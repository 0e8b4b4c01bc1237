import { appendFile, chown, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectory } from './make-directory';
import { HOST_RULES, postgresConfig } from './postgres-config';
import { runProgram } from './run-program';
import { StackError } from './stack-error';
import { childEnvironment } from './toolchain/child-environment';
import type { PostgresPrograms } from './toolchain/postgres-programs';
import type { SystemUser } from './unprivileged-user';

export interface PostgresInitialisation {
  programs: PostgresPrograms;
  dataDirectory: string;
  jsonLogDirectory: string;
  adminName: string;
  password: string;
  user: SystemUser | undefined;
}

/** Makes the data directory, unless there is one from before by the same major version. */
export async function initialisePostgres(options: PostgresInitialisation): Promise<void> {
  const { programs, dataDirectory, user } = options;
  const made = await majorVersionOf(dataDirectory);
  if (made === programs.majorVersion) return;
  if (made !== undefined) {
    throw new StackError(
      'DATA_FROM_OTHER_VERSION',
      `${dataDirectory} was made by PostgreSQL ${made}, and the one found now is ${programs.majorVersion} ` +
        `(${programs.binDirectory}). Remove the state directory or give another one.`,
    );
  }
  // Under another name until it is complete: a half-made directory must never be taken for a finished one.
  const unfinished = `${dataDirectory}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await makeDirectory(unfinished, 0o700, user);
  await runInitdb(unfinished, options);
  await writeOwned(join(unfinished, 'tourniquet.conf'), postgresConfig(options.jsonLogDirectory), user);
  await writeOwned(join(unfinished, 'pg_hba.conf'), HOST_RULES, user);
  await appendFile(join(unfinished, 'postgresql.conf'), "\ninclude 'tourniquet.conf'\n");
  await rename(unfinished, dataDirectory);
}

async function runInitdb(directory: string, options: PostgresInitialisation): Promise<void> {
  const passwordFile = `${directory}.password`;
  await writeOwned(passwordFile, options.password, options.user);
  try {
    const initdb = join(options.programs.binDirectory, 'initdb');
    const args = ['-D', directory, '-U', options.adminName, '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
    // --no-locale: the locales that a machine has differ, and log messages have to be English. --no-sync: a crash of
    // the machine while the stack is being made loses nothing of worth.
    const { code, output } = await runProgram(initdb, [...args, '--no-locale', '--encoding=UTF8', '--no-sync'], {
      cwd: '/',
      env: childEnvironment(),
      user: options.user,
      timeoutMs: 120_000,
    });
    if (code !== 0)
      throw new StackError('INITDB_FAILED', `${initdb} ended with status ${code}. It said:\n${output.trim()}`);
  } finally {
    await rm(passwordFile, { force: true });
  }
}

async function majorVersionOf(dataDirectory: string): Promise<number | undefined> {
  try {
    return Number.parseInt(await readFile(join(dataDirectory, 'PG_VERSION'), 'utf8'), 10);
  } catch {
    return undefined;
  }
}

async function writeOwned(path: string, text: string, user: SystemUser | undefined): Promise<void> {
  await writeFile(path, text, { mode: 0o600 });
  if (user) await chown(path, user.uid, user.gid);
}
