import type { World } from './world';
import type { WorldActivities } from './world-activity';
import { containmentOf } from './world-containment';
import { peopleOf } from './world-people';
import { looksOf } from './world-looks';
import { recoveryOf } from './world-recovery';
import { rotationOf } from './world-rotation';

/** Every activity of the product, on the simulated world. */
export function activitiesOf(world: World): WorldActivities {
  return { ...containmentOf(world), ...rotationOf(world), ...recoveryOf(world), ...looksOf(world), ...peopleOf(world) };
}
