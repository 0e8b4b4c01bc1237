import type { DependentRecord } from '../../domain/credential';
import { IncidentError } from '../../domain/errors';
import type { DependentAdapter } from '../../domain/ports/dependent';
import type { SecretStore } from '../../domain/ports/stores';
import { effect } from '../providers/effect';
import { askProbe } from './ask-probe';
import { contentOf } from './content-of';
import type { FileDependent } from './dependent-settings';
import { replaceFile } from './replace-file';
import { createRestart } from './restart';
import { signalProcess } from './signal-process';
import { systemCode } from './system-code';
import { systemOf } from './system-of';

/**
 * A service that reads its value from a file on the worker's machine, and reads it again upon a signal or when it is restarted. The file is where the
 * value goes: it is written whole, and readable by nobody else.
 */
export function createFileAdapter(
  systems: ReadonlyMap<string, FileDependent>,
  secrets: Pick<SecretStore, 'get'>,
): DependentAdapter {
  const restart = createRestart();
  const adapter: DependentAdapter = {
    kind: 'file',

    async activate(dependent, version, context) {
      const { path, template, mode, then } = systemOf(systems, dependent);
      const { using } = await adapter.status(dependent, version, context);
      if (using === version.version) return effect('already', `it uses version ${version.version}`);
      const content = await contentOf(secrets, version, template, dependent);
      await written(dependent, () => replaceFile(path, content, Number.parseInt(mode, 8)));
      if ('command' in then) await restart(then, dependent, version, context);
      else await signalProcess(then, dependent.id);
      return effect('done', `version ${version.version} is in its file, and it was told`);
    },

    status: (dependent, version, { signal }) =>
      askProbe(systemOf(systems, dependent).probe, dependent, version, signal),
  };
  return adapter;
}

/** @throws IncidentError DEPENDENT_REFUSED where the worker may not write, DEPENDENT_UNREACHABLE where there is no place to */
async function written(dependent: DependentRecord, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    const failure = systemCode(error);
    const isRefused = failure === 'EACCES' || failure === 'EPERM' || failure === 'EROFS';
    throw new IncidentError(isRefused ? 'DEPENDENT_REFUSED' : 'DEPENDENT_UNREACHABLE', {
      dependent: dependent.id,
      failure,
    });
  }
}
