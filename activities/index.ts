import { atActivityEdge } from './activity-edge';
import { createContainmentActivities } from './containment';
import { createDecisionActivities } from './decisions';
import type { ActivityDeps } from './deps';
import { createNotificationActivities } from './notification';
import { createRecoveryActivities } from './recovery';
import { createReleaseActivities } from './release';
import { createRotationActivities } from './rotation';
import { createUseActivities } from './use';

/** Everything the workflows can have done. */
export function createActivities(deps: ActivityDeps) {
  return atActivityEdge({
    ...createContainmentActivities(deps),
    ...createRotationActivities(deps),
    ...createRecoveryActivities(deps),
    ...createReleaseActivities(deps),
    ...createNotificationActivities(deps),
    ...createDecisionActivities(deps),
    ...createUseActivities(deps),
  });
}

export type Activities = ReturnType<typeof createActivities>;
