import { ActivityCancellationType, patched, proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities';
import { TIME_LIMITS } from './time-limits';

const { TRY_CANCEL, WAIT_CANCELLATION_COMPLETED } = ActivityCancellationType;

/** Reads that everything waits for, tried a few times. */
export const lookups = neverLocal(TIME_LIMITS.lookups);

/** The refusal. Whoever ends the incident at that moment hears what became of it. */
export const atOnce = neverLocal(TIME_LIMITS.atOnce, WAIT_CANCELLATION_COMPLETED);

/** Records that must be written, however long it takes: no irreversible step goes on without them. */
export const untilDone = proxyActivities<Activities>(TIME_LIMITS.untilDone);

/** Notices: a channel that stays dead is given up and shows, so that an incident can still close. */
export const notices = proxyActivities<Activities>(TIME_LIMITS.notices);

/** Steps a person is asked about when they do not succeed in time. */
export const withinMinutes = proxyActivities<Activities>({
  ...TIME_LIMITS.withinMinutes,
  // An undo must not begin while what it undoes still runs.
  cancellationType: WAIT_CANCELLATION_COMPLETED,
});

/** Moves of dependents: as long as the plan gives them (`scheduleToCloseTimeout` comes with the call). */
export const moves = proxyActivities<Activities>({
  ...TIME_LIMITS.moves,
  cancellationType: WAIT_CANCELLATION_COMPLETED,
});

/** Looks that can wait: what is away comes back. */
export const patientChecks = proxyActivities<Activities>(TIME_LIMITS.patientChecks);

/** A dry run: a person waits for the answer, and what does not answer soon is a finding. */
export const rehearsals = proxyActivities<Activities>(TIME_LIMITS.rehearsals);

/** Undo: tried for long, and reported when it does not work. */
export const undos = proxyActivities<Activities>(TIME_LIMITS.undos);

type Proxied = ReturnType<typeof proxyActivities<Activities>>;

/**
 * A local activity would save a round trip, but a query in the same workflow task, such as the Web UI's, ends that task early: what the
 * workflow did live after the next signal, a replay then does before it, and the task fails for ever (SDK 1.24; test/integration/query-meets-evidence.test.ts).
 * Histories from before `not-local` have them.
 */
function neverLocal(
  limits: typeof TIME_LIMITS.lookups | typeof TIME_LIMITS.atOnce,
  cancellationType: ActivityCancellationType = TRY_CANCEL,
): () => Proxied {
  const now = proxyActivities<Activities>({ ...limits, cancellationType });
  const before = proxyLocalActivities<Activities>(limits);
  return () => (patched('not-local') ? now : before);
}
