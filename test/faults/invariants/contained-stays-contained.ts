import { atLeast } from '../../../domain/severity';
import type { FaultCase, RunReport } from '../run-report';
import { LEAKED, type World } from '../world/world';
import { approversOf } from './approvals';

/** Nothing that fails lifts a containment or widens it, only people who may, and said so on record; and what is called contained is. */
export function containmentFaults({ world, view }: RunReport, { scenario }: FaultCase): readonly string[] {
  const wasRefused = world.effects.some(({ what, version }) => what === 'refuse' && version === LEAKED);
  const claimed = view?.incident.milestones.contained !== undefined;
  const isFree = !world.isRefused(LEAKED) && !isSetFree(world);
  return [
    ...unapproved(world, 'loosen', 1).map(
      (stepKey) => `the containment was loosened by ${stepKey}: nobody approved it`,
    ),
    ...unapproved(world, 'extend', atLeast(scenario.assessment.severity, 'high') ? 2 : 1).map(
      (stepKey) => `dependents were given more time by ${stepKey}: not enough people approved it`,
    ),
    ...(wasRefused && isFree ? ['it was contained, and is not any more'] : []),
    ...(claimed && isFree ? ['it is called contained, and is not'] : []),
    ...(isSetFree(world) && world.audit.every(({ action }) => action !== 'false-positive')
      ? ['it was set free, and who decided that is not on record']
      : []),
    ...(isSetFree(world) && wasEnded(world) ? ['it was ended for ever, and set free'] : []),
    ...(view?.incident.milestones.revoked !== undefined && world.version(LEAKED).state !== 'revoked'
      ? ['it is called revoked, and the inventory does not know']
      : []),
  ];
}

const ACTIONS = { loosen: 'markFalsePositive', extend: 'extendOverlap' } as const;

/** The steps that loosened without so many people having approved of it before. */
function unapproved(world: World, what: keyof typeof ACTIONS, people: number): readonly string[] {
  return world.effects
    .filter((effect, index) => effect.what === what && approversOf(world, ACTIONS[what], index).size < people)
    .map(({ stepKey }) => stepKey);
}

/** By a person: whether they may is asked for each time. */
function isSetFree({ effects }: World): boolean {
  return effects.some(({ what }) => what === 'loosen');
}

function wasEnded({ effects, setting }: World): boolean {
  return setting.past !== 'nothing' || effects.some(({ what }) => what === 'revoke');
}
