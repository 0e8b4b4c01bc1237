import type { DependentRecord, SecretVersion } from '../../domain/credential';
import { IncidentError } from '../../domain/errors';
import type { CallContext } from '../../domain/ports/effect';
import type { Command } from './dependent-settings';
import { runCommand } from './run-command';

const RESTART_MS = 3_000;

export interface Restart {
  /**
   * Runs the program that has a service use another version. One that was told so lately is not told again: a service that takes long to begin must not be
   * stopped at each look. @throws IncidentError DEPENDENT_UNREACHABLE when the program fails or takes too long, and as `runCommand`
   */
  tell(
    system: { readonly command: Command; readonly settleSeconds: number },
    dependent: DependentRecord,
    version: SecretVersion,
    context: Pick<CallContext, 'signal'>,
  ): Promise<'told' | 'settling'>;
  /** Whether it was last told of another version: what it uses now is then no sign of what it is about to use. */
  wasToldOther(dependent: DependentRecord, version: SecretVersion): boolean;
}

export function createRestart(now: () => number = Date.now): Restart {
  const last = new Map<string, { readonly version: number; readonly at: number }>();
  const keyOf = ({ id }: DependentRecord, { credentialId }: SecretVersion): string => `${credentialId}/${id}`;
  return {
    async tell({ command, settleSeconds }, dependent, version, { signal }) {
      const key = keyOf(dependent, version);
      const told = last.get(key);
      if (told?.version === version.version && now() - told.at < settleSeconds * 1000) return 'settling';
      // Before it runs: one that takes too long has been told all the same.
      last.set(key, { version: version.version, at: now() });
      const { code } = await runCommand(command, dependent, version, { timeoutMs: RESTART_MS, signal });
      if (code === 0) return 'told';
      // What failed may be tried again at once; that it was told of this one stays known.
      if (code !== undefined) last.set(key, { version: version.version, at: -Infinity });
      const failure = code === undefined ? `no end within ${RESTART_MS} ms` : `exit ${code}`;
      throw new IncidentError('DEPENDENT_UNREACHABLE', { dependent: dependent.id, failure });
    },

    wasToldOther(dependent, version) {
      const told = last.get(keyOf(dependent, version));
      return told !== undefined && told.version !== version.version;
    },
  };
}
