import type { RunReport } from '../run-report';
import { LEAKED, type World } from '../world/world';
import { lastWordOf, pagesOf } from './pages';

/** A dependent for which neither the old nor the new version works is known to people: by name, in the last they hear, where the incident is over. */
export function dependentFaults({ world, status }: RunReport): readonly string[] {
  const revokedAt = world.effects.findIndex(({ what }) => what === 'revoke');
  const wentBack = world.effects.filter(
    ({ what, version }, index) =>
      revokedAt >= 0 &&
      index > revokedAt &&
      (what === 'restore' || (what === 'discard' && usedBefore(world, index).includes(version))),
  );
  const stranded = [...world.uses].filter(([, version]) => !world.works(version));
  // Whoever an earlier incident left without is that one's to tell, where this one has changed nothing yet.
  const isBefore = world.setting.past !== 'nothing' && world.effects.length === 0;
  const isKnown = (dependent: string): boolean =>
    status === 'running'
      ? pagesOf(world).some(({ afterEffects }) => isBefore || afterEffects > 0)
      : (status === 'failed' && isBefore) || (lastWordOf(world)?.summary.includes(dependent) ?? false);
  return [
    ...wentBack.map(({ what, stepKey }) => `after the one-way door something was undone: ${what} by ${stepKey}`),
    ...stranded
      .filter(([dependent]) => !isKnown(dependent))
      .map(([dependent, version]) => {
        const which = version === LEAKED ? 'the leaked version' : `version ${version}`;
        return `${dependent} uses ${which}, which does not work, and ${status === 'running' ? 'nobody was told' : 'the last page does not name it'}`;
      }),
  ];
}

/** The versions that dependents had been moved to before the effect of this index. */
function usedBefore({ effects }: World, index: number): readonly number[] {
  const moves = effects.slice(0, index).filter(({ what }) => what === 'move' || what === 'restore');
  return [...new Map(moves.map(({ dependent, version }) => [dependent, version])).values()];
}
