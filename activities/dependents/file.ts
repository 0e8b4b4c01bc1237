import { readFile } from 'node:fs/promises';
import type { DependentRecord } from '../../domain/credential';
import { IncidentError } from '../../domain/errors';
import type { DependentAdapter } from '../../domain/ports/dependent';
import type { SecretStore } from '../../domain/ports/stores';
import { effect } from '../providers/effect';
import { askProbe, PROBE_EVERY_MS } from './ask-probe';
import { contentOf } from './content-of';
import type { FileDependent } from './dependent-settings';
import { replaceFile } from './replace-file';
import { createRestart } from './restart';
import { processOf, signalProcess } from './signal-process';
import { systemCode } from '../system-code';
import { ownSystemOf } from './system-of';

/**
 * A service that reads its value from a file on the machine that the settings name, and reads it again upon a signal or when it is restarted. The file is
 * where the value goes: it is written whole, and readable by nobody else.
 */
export function createFileAdapter(
  systems: ReadonlyMap<string, FileDependent>,
  secrets: Pick<SecretStore, 'get'>,
): DependentAdapter {
  const restart = createRestart();
  const adapter: DependentAdapter = {
    kind: 'file',
    askEveryMs: PROBE_EVERY_MS,

    async activate(dependent, version, context) {
      const { path, template, mode, then } = ownSystemOf(systems, dependent, version);
      const content = await contentOf(secrets, version, template, dependent);
      const { using } = await adapter.status(dependent, version, context);
      // A service that has not read it yet, or not again, will: what it uses still is no sign alone.
      const isInPlace = (await readFile(path, 'utf8').catch(() => undefined)) === content;
      const isTold = !('command' in then && restart.wasToldOther(dependent, version));
      if (using === version.version && isInPlace && isTold)
        return effect('already', `it uses version ${version.version}`);
      if (!('command' in then)) await processOf(then, dependent.id);
      // An attempt that is given up must not write after the one that undoes it.
      context.signal.throwIfAborted();
      if (!isInPlace) await written(dependent, () => replaceFile(path, content, Number.parseInt(mode, 8)));
      context.signal.throwIfAborted();
      if ('command' in then) await restart.tell(then, dependent, version, context);
      else await signalProcess(then, dependent.id);
      return effect('done', `version ${version.version} is in its file, and it was told`);
    },

    status: (dependent, version, { signal }) =>
      askProbe(ownSystemOf(systems, dependent, version).probe, dependent, version, signal),
  };
  return adapter;
}

/** @throws IncidentError DEPENDENT_REFUSED where the worker may not write, DEPENDENT_UNREACHABLE where there is no place to */
async function written(dependent: DependentRecord, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    const failure = systemCode(error) ?? 'unknown';
    const isRefused = failure === 'EACCES' || failure === 'EPERM' || failure === 'EROFS';
    throw new IncidentError(isRefused ? 'DEPENDENT_REFUSED' : 'DEPENDENT_UNREACHABLE', {
      dependent: dependent.id,
      failure,
    });
  }
}
