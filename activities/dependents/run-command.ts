import { spawn } from 'node:child_process';
import type { DependentRecord, SecretVersion } from '../../domain/credential';
import { IncidentError } from '../../domain/errors';
import { fill } from '../providers/http-template';
import type { Command } from './dependent-settings';

/** Whatever the worker's own is. */
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** A version in a line; what comes after it is read by nobody. */
const LONGEST_OUTPUT = 1_024;
const LEFT_OPEN_MS = 200;

/** How a program ended. `code`: undefined where it took too long. */
export interface Ended {
  readonly code: number | undefined;
  /** How it began to answer; may hold anything, and is never shown. */
  readonly stdout: string;
}

interface Limits {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Whether what it prints is read. */
  readonly reads?: boolean;
}

/**
 * Runs a program of the settings for one version, which it is told of by its arguments and its environment; it is given no value and none of the
 * worker's settings. Who takes too long is killed, and not waited for: it may be another user's, or have left a service behind that keeps its output open.
 * @throws IncidentError DEPENDENT_REFUSED where it may not be run, DEPENDENT_UNREACHABLE where it is not there
 */
export function runCommand(
  [program = '', ...args]: Command,
  { id }: Pick<DependentRecord, 'id'>,
  version: SecretVersion,
  { timeoutMs, signal, reads = false }: Limits,
): Promise<Ended> {
  const filled = args.map((argument) => filledWith(argument, version, id));
  const env = {
    PATH,
    TOURNIQUET_CREDENTIAL: version.credentialId,
    TOURNIQUET_VERSION: String(version.version),
    TOURNIQUET_PUBLIC_ID: version.publicId,
    TOURNIQUET_DEPENDENT: id,
  };
  return new Promise((resolve, reject) => {
    const child = spawn(program, filled, { env, stdio: ['ignore', reads ? 'pipe' : 'ignore', 'ignore'] });
    let stdout = '';
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', cancel);
      child.stdout?.destroy();
      settle();
    };
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      end(() => resolve({ code: undefined, stdout }));
    }, timeoutMs);
    const cancel = (): void => {
      child.kill('SIGKILL');
      end(() => reject(new DOMException('cancelled', 'AbortError')));
    };
    signal.addEventListener('abort', cancel, { once: true });
    child.stdout?.on('data', (chunk: Buffer) => {
      if (stdout.length < LONGEST_OUTPUT) stdout += chunk.toString('utf8');
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      // That one can't be killed is an error of a child, too: another user's.
      if (error.syscall?.startsWith('spawn') !== true) return;
      const isRefused = error.code === 'EACCES' || error.code === 'EPERM';
      const code = isRefused ? 'DEPENDENT_REFUSED' : 'DEPENDENT_UNREACHABLE';
      end(() => reject(new IncidentError(code, { dependent: id, failure: error.code })));
    });
    const ended = (code: number | null): void => end(() => resolve({ code: code ?? undefined, stdout }));
    child.on('close', ended);
    // A service that it left behind may keep its output open.
    child.on('exit', (code) => setTimeout(() => ended(code), reads ? LEFT_OPEN_MS : 0).unref());
  });
}

/** @throws IncidentError DEPENDENT_REFUSED where a name would be taken for an option, or for more than one argument */
function filledWith(template: string, { credentialId, version, publicId }: SecretVersion, id: string): string {
  const argument = fill(template, { credential: credentialId, version: String(version), publicId });
  const isOption = argument.startsWith('-') && !template.startsWith('-');
  if (isOption || /\p{Cc}/u.test(argument))
    throw new IncidentError('DEPENDENT_REFUSED', { dependent: id, failure: 'a name that is no argument' });
  return argument;
}
