import { atActivityEdge } from './activity-edge';
import { createApprovalActivities } from './approvals';
import { createContainmentActivities } from './containment';
import { createDecisionActivities } from './decisions';
import type { ActivityDeps } from './deps';
import { createDriftActivities } from './drift';
import { createNotificationActivities } from './notification';
import { createRecoveryActivities } from './recovery';
import { createRehearsalActivities } from './rehearsal';
import { createReleaseActivities } from './release';
import { createRotationActivities } from './rotation';
import { createUseActivities } from './use';
import { createWaveActivities } from './waves';

/** Everything the workflows can have done. */
export function createActivities(deps: ActivityDeps) {
  return atActivityEdge({
    ...createContainmentActivities(deps),
    ...createRotationActivities(deps),
    ...createWaveActivities(deps),
    ...createUseActivities(deps),
    ...createDriftActivities(deps),
    ...createRecoveryActivities(deps),
    ...createReleaseActivities(deps),
    ...createNotificationActivities(deps),
    ...createDecisionActivities(deps),
    ...createApprovalActivities(deps),
    ...createRehearsalActivities(deps),
  });
}

export type Activities = ReturnType<typeof createActivities>;
