import { ActivityCancellationType, proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities';

/**
 * Time-outs, with their reasons. An attempt that is lost with its worker is noticed by its heartbeat or start-to-close
 * time-out; every activity is safe to repeat, so both are short.
 */
const QUICK_RETRY = { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '10s' } as const;

/** Reads that everything waits for: tried until they answer. Local, so without a round trip. */
export const lookups = proxyLocalActivities<Activities>({
  startToCloseTimeout: '10s',
  retry: { ...QUICK_RETRY, maximumInterval: '2s' },
});

/** The refusal, in the worker that runs the workflow task: no round trip on the path to containment. */
export const atOnce = proxyLocalActivities<Activities>({
  startToCloseTimeout: '10s',
  scheduleToCloseTimeout: '60s',
  retry: { ...QUICK_RETRY, maximumInterval: '2s' },
});

/** Records that must be written, however long it takes: no irreversible step goes on without them. */
export const untilDone = proxyActivities<Activities>({ startToCloseTimeout: '10s', retry: QUICK_RETRY });

/** Notices: a channel that stays dead is given up and shows, so that an incident can still close. */
export const notices = proxyActivities<Activities>({
  startToCloseTimeout: '10s',
  scheduleToCloseTimeout: '5m',
  retry: QUICK_RETRY,
});

/** Steps a person is asked about when they do not succeed in time. */
export const withinMinutes = proxyActivities<Activities>({
  startToCloseTimeout: '20s',
  heartbeatTimeout: '5s',
  scheduleToCloseTimeout: '2m',
  retry: QUICK_RETRY,
  // An undo must not begin while what it undoes still runs.
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});

/** Moves of dependents: as long as the plan gives them (`scheduleToCloseTimeout` comes with the call). */
export const moves = proxyActivities<Activities>({
  startToCloseTimeout: '10s',
  heartbeatTimeout: '5s',
  retry: QUICK_RETRY,
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});

/** Looks that can wait: what is away comes back. */
export const patientChecks = proxyActivities<Activities>({
  startToCloseTimeout: '30s',
  heartbeatTimeout: '5s',
  scheduleToCloseTimeout: '10m',
  retry: { ...QUICK_RETRY, maximumInterval: '1m' },
});

/** A dry run: a person waits for the answer, and what does not answer soon is a finding. */
export const rehearsals = proxyActivities<Activities>({
  startToCloseTimeout: '10s',
  scheduleToCloseTimeout: '20s',
  retry: QUICK_RETRY,
});

/** Undo: tried for long, and reported when it does not work. */
export const undos = proxyActivities<Activities>({
  startToCloseTimeout: '20s',
  scheduleToCloseTimeout: '10m',
  retry: QUICK_RETRY,
});
