import type { DependentRecord, SecretVersion } from '../../domain/credential';
import { IncidentError } from '../../domain/errors';
import type { CallContext } from '../../domain/ports/effect';
import type { Command } from './dependent-settings';
import { runCommand } from './run-command';

const RESTART_MS = 30_000;

type Restart = (
  system: { readonly command: Command; readonly settleSeconds: number },
  dependent: DependentRecord,
  version: SecretVersion,
  context: Pick<CallContext, 'signal'>,
) => Promise<'told' | 'settling'>;

/**
 * Runs the program that has a service use another version. One that was told so lately is not told again: a service that takes long to begin must not be
 * stopped at each look. @throws IncidentError DEPENDENT_UNREACHABLE when the program fails, and as `runCommand`
 */
export function createRestart(now: () => number = Date.now): Restart {
  const last = new Map<string, { readonly version: number; readonly at: number }>();
  return async ({ command, settleSeconds }, dependent, version, { signal }) => {
    const key = `${version.credentialId}/${dependent.id}`;
    const told = last.get(key);
    if (told?.version === version.version && now() - told.at < settleSeconds * 1000) return 'settling';
    const { code } = await runCommand(command, dependent, version, { timeoutMs: RESTART_MS, signal });
    if (code !== 0)
      throw new IncidentError('DEPENDENT_UNREACHABLE', {
        dependent: dependent.id,
        failure: `exit ${code ?? 'by kill'}`,
      });
    last.set(key, { version: version.version, at: now() });
    return 'told';
  };
}
