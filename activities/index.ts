import { atActivityEdge } from './activity-edge';
import { createApprovalActivities } from './approvals';
import { createContainmentActivities } from './containment';
import { createDecisionActivities } from './decisions';
import type { ActivityDeps } from './deps';
import { createNotificationActivities } from './notification';
import { createRecoveryActivities } from './recovery';
import { createRehearsalActivities } from './rehearsal';
import { createRotationActivities } from './rotation';

/** Everything the workflows can have done. */
export function createActivities(deps: ActivityDeps) {
  return atActivityEdge({
    ...createContainmentActivities(deps),
    ...createRotationActivities(deps),
    ...createRecoveryActivities(deps),
    ...createNotificationActivities(deps),
    ...createDecisionActivities(deps),
    ...createApprovalActivities(deps),
    ...createRehearsalActivities(deps),
  });
}

export type Activities = ReturnType<typeof createActivities>;
