import type { RunReport } from '../run-report';
import { LEAKED, type TrueEffect } from '../world/world';
import { pagesOf } from './pages';

/** A dependent for which neither the old nor the new version works is known to people, by name where the incident is called over. */
export function dependentFaults({ world, status, outcome }: RunReport): readonly string[] {
  const revokedAt = world.effects.findIndex(({ what }) => what === 'revoke');
  const wentBack = world.effects.filter(
    ({ what, version }, index) =>
      revokedAt >= 0 &&
      index > revokedAt &&
      (what === 'restore' || (what === 'discard' && usersOf(version, world.effects.slice(0, index)) > 0)),
  );
  // Whoever cancels an incident knows that its dependents go without.
  const stranded = status === 'cancelled' ? [] : [...world.uses].filter(([, version]) => !world.works(version));
  const pages = pagesOf(world).filter(({ afterEffects }) => afterEffects > 0);
  const mustName = status === 'completed' && outcome === 'recovered';
  const sentBack = world.setting.before === undefined ? [] : world.effects.filter(({ what }) => what === 'restore');
  return [
    ...sentBack.map(({ dependent }) => `${dependent} worked, and was sent back to what is refused`),
    ...wentBack.map(({ what, stepKey }) => `after the one-way door something was undone: ${what} by ${stepKey}`),
    ...stranded
      .filter(([dependent]) => !pages.some(({ summary }) => !mustName || summary.includes(dependent)))
      .map(([dependent, version]) => {
        const which = version === LEAKED ? 'the leaked version' : `version ${version}`;
        return `${dependent} uses ${which}, which does not work, and nobody was told`;
      }),
  ];
}

/** How many dependents were moved to a version, and not away from it since. */
function usersOf(version: number, effects: readonly TrueEffect[]): number {
  const moved = effects.filter(({ what }) => what === 'move' || what === 'restore');
  const last = new Map(moved.map(({ dependent, version: to }) => [dependent, to]));
  return [...last.values()].filter((to) => to === version).length;
}
