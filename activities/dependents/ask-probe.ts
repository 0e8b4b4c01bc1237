import type { DependentRecord, SecretVersion } from '../../domain/credential';
import type { DependentStatus } from '../../domain/ports/dependent';
import type { Command } from './dependent-settings';
import { runCommand } from './run-command';

/** An attempt to move has 10 s (workflows/lib/time-limits.ts), and asks three times. */
const PROBE_MS = 2_000;

/** How often a program is asked while it is waited for, in milliseconds. */
export const PROBE_EVERY_MS = 1_000;

/**
 * What a service uses, by its probe: a program that prints the number or the public id of the version, and ends with 0 when a use through the service
 * has worked. @throws IncidentError as `runCommand`
 */
export async function askProbe(
  probe: Command,
  dependent: DependentRecord,
  version: SecretVersion,
  signal: AbortSignal,
): Promise<DependentStatus> {
  const { code, stdout } = await runCommand(probe, dependent, version, { timeoutMs: PROBE_MS, signal, reads: true });
  const using = versionIn(stdout, version);
  if (using === 'unknown') return { using, healthy: false, detail: 'its probe did not say which version it uses' };
  const detail = code === 0 ? 'its probe worked' : `its probe ended with ${code ?? 'no code: it took too long'}`;
  return { using, healthy: code === 0, detail };
}

function versionIn(stdout: string, { version, publicId }: SecretVersion): number | 'unknown' {
  const said = stdout.split('\n')[0]?.trim() ?? '';
  if (said === publicId && publicId !== '') return version;
  return /^[1-9]\d{0,8}$/.test(said) ? Number(said) : 'unknown';
}
