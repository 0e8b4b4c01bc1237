import type { DependentAdapter } from '../../domain/ports/dependent';
import { effect } from '../providers/effect';
import { askProbe, PROBE_EVERY_MS } from './ask-probe';
import type { CommandDependent } from './dependent-settings';
import { createRestart } from './restart';
import { ownSystemOf } from './system-of';

/**
 * A service that reads its value when it begins, such as a unit of systemd: a program of the settings restarts it, another says which version it uses.
 * Both run on the machine that the settings name.
 */
export function createCommandAdapter(systems: ReadonlyMap<string, CommandDependent>): DependentAdapter {
  const restart = createRestart();
  const adapter: DependentAdapter = {
    kind: 'command',
    askEveryMs: PROBE_EVERY_MS,

    async activate(dependent, version, context) {
      const { activate: command, settleSeconds } = ownSystemOf(systems, dependent, version);
      const { using } = await adapter.status(dependent, version, context);
      // It may be on its way to another one: what it uses still says nothing then.
      if (using === version.version && !restart.wasToldOther(dependent, version))
        return effect('already', `it uses version ${version.version}`);
      const done = await restart.tell({ command, settleSeconds }, dependent, version, context);
      return done === 'told'
        ? effect('done', `restarted for version ${version.version}`)
        : effect('already', `restarted for version ${version.version} a moment ago`);
    },

    status: (dependent, version, { signal }) =>
      askProbe(ownSystemOf(systems, dependent, version).probe, dependent, version, signal),
  };
  return adapter;
}
