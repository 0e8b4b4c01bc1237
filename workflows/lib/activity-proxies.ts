import { ActivityCancellationType, proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities';
import { TIME_LIMITS } from './time-limits';

/** Reads that everything waits for. Local, so without a round trip; tried a few times. */
export const lookups = proxyLocalActivities<Activities>(TIME_LIMITS.lookups);

/** The refusal, in the worker that runs the workflow task: no round trip on the path to containment. */
export const atOnce = proxyLocalActivities<Activities>(TIME_LIMITS.atOnce);

/** Records that must be written, however long it takes: no irreversible step goes on without them. */
export const untilDone = proxyActivities<Activities>(TIME_LIMITS.untilDone);

/** Notices: a channel that stays dead is given up and shows, so that an incident can still close. */
export const notices = proxyActivities<Activities>(TIME_LIMITS.notices);

/** Steps a person is asked about when they do not succeed in time. */
export const withinMinutes = proxyActivities<Activities>({
  ...TIME_LIMITS.withinMinutes,
  // An undo must not begin while what it undoes still runs.
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});

/** Moves of dependents: as long as the plan gives them (`scheduleToCloseTimeout` comes with the call). */
export const moves = proxyActivities<Activities>({
  ...TIME_LIMITS.moves,
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});

/** Looks that can wait: what is away comes back. */
export const patientChecks = proxyActivities<Activities>(TIME_LIMITS.patientChecks);

/** A dry run: a person waits for the answer, and what does not answer soon is a finding. */
export const rehearsals = proxyActivities<Activities>(TIME_LIMITS.rehearsals);

/** Undo: tried for long, and reported when it does not work. */
export const undos = proxyActivities<Activities>(TIME_LIMITS.undos);
