import type { DependentAdapter } from '../../domain/ports/dependent';
import { effect } from '../providers/effect';
import { askProbe } from './ask-probe';
import type { CommandDependent } from './dependent-settings';
import { createRestart } from './restart';
import { systemOf } from './system-of';

/**
 * A service that reads its value when it begins, such as a unit of systemd: a program of the settings restarts it, another says which version it uses.
 * Both run where the worker runs.
 */
export function createCommandAdapter(systems: ReadonlyMap<string, CommandDependent>): DependentAdapter {
  const restart = createRestart();
  const adapter: DependentAdapter = {
    kind: 'command',

    async activate(dependent, version, context) {
      const { activate: command, settleSeconds } = systemOf(systems, dependent);
      const { using } = await adapter.status(dependent, version, context);
      if (using === version.version) return effect('already', `it uses version ${version.version}`);
      const done = await restart({ command, settleSeconds }, dependent, version, context);
      return done === 'told'
        ? effect('done', `restarted for version ${version.version}`)
        : effect('already', `restarted for version ${version.version} a moment ago`);
    },

    status: (dependent, version, { signal }) =>
      askProbe(systemOf(systems, dependent).probe, dependent, version, signal),
  };
  return adapter;
}
