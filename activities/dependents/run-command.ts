import { execFile } from 'node:child_process';
import type { DependentRecord, SecretVersion } from '../../domain/credential';
import { IncidentError } from '../../domain/errors';
import { fill } from '../providers/http-template';
import type { Command } from './dependent-settings';

/** Whatever the worker's own is. */
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const LONGEST_OUTPUT = 64 * 1024;

/** How a program ended. `code`: undefined where it was killed, since it took too long. */
export interface Ended {
  readonly code: number | undefined;
  /** May hold anything: it is read, and never shown. */
  readonly stdout: string;
}

/**
 * Runs a program of the settings for one version, which it is told of by its arguments and its environment; it is given no value and none of the
 * worker's settings.
 * @throws IncidentError DEPENDENT_REFUSED where it may not be run, DEPENDENT_UNREACHABLE where it is not there
 */
export async function runCommand(
  [program = '', ...args]: Command,
  { id }: Pick<DependentRecord, 'id'>,
  { credentialId, version, publicId }: SecretVersion,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<Ended> {
  const values = { credential: credentialId, version: String(version), publicId };
  const env = {
    PATH,
    TOURNIQUET_CREDENTIAL: credentialId,
    TOURNIQUET_VERSION: String(version),
    TOURNIQUET_PUBLIC_ID: publicId,
    TOURNIQUET_DEPENDENT: id,
  };
  const options = { env, timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: LONGEST_OUTPUT, signal } as const;
  return new Promise((resolve, reject) => {
    execFile(
      program,
      args.map((argument) => fill(argument, values)),
      options,
      (error, stdout) => {
        const code = error?.code;
        if (signal.aborted) return reject(new DOMException('cancelled', 'AbortError'));
        if (code === 'ENOENT')
          return reject(new IncidentError('DEPENDENT_UNREACHABLE', { dependent: id, failure: code }));
        if (code === 'EACCES' || code === 'EPERM')
          return reject(new IncidentError('DEPENDENT_REFUSED', { dependent: id, failure: code }));
        resolve({ code: error ? (typeof code === 'number' ? code : undefined) : 0, stdout });
      },
    );
  });
}
