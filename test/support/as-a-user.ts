import { execFile } from 'node:child_process';
import { compiledProgram } from '../../stack/compiled-program';

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line as a user in another terminal: everything comes from the environment file that the demo names, and `more`. */
export function asAUser(
  envFile: string,
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  const command = `set -a; . '${envFile}'; set +a; exec "$0" "$@"`;
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], ...more };
  return new Promise((resolve) => {
    execFile(
      '/bin/sh',
      ['-c', command, process.execPath, compiledProgram('cli', 'main.js'), ...args],
      { env },
      (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
      },
    );
  });
}
