import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { IncidentError } from '../../domain/errors';
import type { Signalled } from './dependent-settings';
import { systemCode } from '../system-code';

/**
 * The process of a service, by its pid file. @throws IncidentError DEPENDENT_UNREACHABLE when it does not run, or something else runs by its number
 */
export async function processOf({ pidFile, process: name }: Signalled, dependent: string): Promise<number> {
  const pid = Number(await readFile(pidFile, 'utf8').catch(() => ''));
  // 0 and below are whole groups of processes, and 1 is the machine's own.
  if (!Number.isInteger(pid) || pid <= 1)
    throw new IncidentError('DEPENDENT_UNREACHABLE', { dependent, failure: 'no process in its pid file' });
  if (!(await commandLineOf(pid)).includes(name))
    throw new IncidentError('DEPENDENT_UNREACHABLE', { dependent, failure: 'its pid file names another process' });
  return pid;
}

/** Sends it the signal upon which it reads its file again. @throws as `processOf`, and IncidentError DEPENDENT_REFUSED when it is another user's */
export async function signalProcess(system: Signalled, dependent: string): Promise<void> {
  const pid = await processOf(system, dependent);
  try {
    process.kill(pid, system.signal);
  } catch (error) {
    const failure = systemCode(error) ?? 'unknown';
    const code = failure === 'EPERM' ? 'DEPENDENT_REFUSED' : 'DEPENDENT_UNREACHABLE';
    throw new IncidentError(code, { dependent, failure });
  }
}

async function commandLineOf(pid: number): Promise<string> {
  try {
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ');
  } catch {
    // Where there is no /proc, as on macOS.
    const ps = promisify(execFile)('/bin/ps', ['-ww', '-o', 'args=', '-p', String(pid)], { timeout: 1_000 });
    return ps.then(
      ({ stdout }) => stdout,
      () => '',
    );
  }
}
