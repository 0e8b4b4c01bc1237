import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { IncidentError } from '../../domain/errors';
import type { Signalled } from './dependent-settings';
import { systemCode } from './system-code';

/**
 * Sends a service the signal upon which it reads its file again. @throws IncidentError DEPENDENT_UNREACHABLE when it does not run, or something else runs
 * by its number; DEPENDENT_REFUSED when it is another user's
 */
export async function signalProcess({ pidFile, process: name, signal }: Signalled, dependent: string): Promise<void> {
  const pid = Number(await readFile(pidFile, 'utf8').catch(() => ''));
  // 0 and below are whole groups of processes, and 1 is the machine's own.
  if (!Number.isInteger(pid) || pid <= 1)
    throw new IncidentError('DEPENDENT_UNREACHABLE', { dependent, failure: 'no process in its pid file' });
  if (!(await commandLineOf(pid)).includes(name))
    throw new IncidentError('DEPENDENT_UNREACHABLE', { dependent, failure: 'its pid file names another process' });
  try {
    process.kill(pid, signal);
  } catch (error) {
    const failure = systemCode(error);
    const code = failure === 'EPERM' ? 'DEPENDENT_REFUSED' : 'DEPENDENT_UNREACHABLE';
    throw new IncidentError(code, { dependent, failure });
  }
}

async function commandLineOf(pid: number): Promise<string> {
  try {
    return (await promisify(execFile)('ps', ['-o', 'args=', '-p', String(pid)])).stdout;
  } catch {
    return '';
  }
}
