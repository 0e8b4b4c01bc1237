import { saidNothingLeaked } from './decided-by-people';
import type { RunReport } from '../run-report';
import { LEAKED } from '../world/world';

/** Nothing that fails lifts a containment, and what is called contained is. */
export function containmentFaults({ world, view }: RunReport): readonly string[] {
  const loosened = world.effects.filter(({ what }) => what === 'loosen' || what === 'unlock');
  const wasRefused = world.effects.some(({ what, version }) => what === 'refuse' && version === LEAKED);
  const claimed = view?.incident.milestones.contained !== undefined;
  const refused = world.isRefused(LEAKED);
  // Before that nothing may be lifted by anybody.
  if (saidNothingLeaked(world) && view?.incident.milestones.revoked === undefined) return [];
  return [
    ...loosened.map(({ stepKey }) => `the containment was loosened by ${stepKey}`),
    ...(wasRefused && !refused ? ['it was contained, and is not any more'] : []),
    ...(claimed && !refused ? ['it is called contained, and is not'] : []),
    ...(view?.incident.milestones.revoked !== undefined && world.version(LEAKED).state !== 'revoked'
      ? ['it is called revoked, and the inventory does not know']
      : []),
  ];
}
