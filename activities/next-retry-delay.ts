import type { Info } from '@temporalio/activity';

/** As many attempts as a step has may together be put off for so long: a person is asked after them. */
const ALL_TOGETHER_MS = 120_000;
/** With less time left, the step ends with what was answered. */
const LAST_TRY_MS = 4_000;

type Step = Pick<
  Info,
  'scheduledTimestampMs' | 'currentAttemptScheduledTimestampMs' | 'scheduleToCloseTimeoutMs' | 'retryPolicy'
>;

/**
 * When Temporal tries a step again whose server asks us to wait, in milliseconds; undefined where the step's own policy says. Temporal gives a step up at
 * once when the wait does not fit in its time, and takes none for "never": so it is asked again after half of what is left, even if that is early.
 * `ranMs` is how long this attempt has taken: all else is told by Temporal's clock.
 */
export function nextRetryDelay(asked: unknown, step: Step, ranMs: number): number | undefined {
  if (typeof asked !== 'number' || asked <= 0) return undefined;
  const most = Math.min(asked, ALL_TOGETHER_MS / (step.retryPolicy?.maximumAttempts || 1));
  const elapsed = step.currentAttemptScheduledTimestampMs - step.scheduledTimestampMs + ranMs;
  const left = step.scheduleToCloseTimeoutMs - elapsed;
  const mustFit = step.scheduleToCloseTimeoutMs > 0 && left > LAST_TRY_MS;
  return Math.ceil(mustFit ? Math.min(most, left / 2) : most);
}
