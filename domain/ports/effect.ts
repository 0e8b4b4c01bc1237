/**
 * What a call to the outside world did. `already`: the target state was found, nothing was done. A time-out is neither: the
 * adapter throws a retryable IncidentError and the next attempt looks first.
 */
export type Effect<T = undefined> = {
  readonly state: 'done' | 'already';
  readonly value: T;
  readonly evidence: string;
};

/** What every adapter call gets. */
export interface CallContext {
  /** The same for every attempt of the same step: first execution run id + step, never the attempt. */
  readonly idempotencyKey: string;
  /** Aborted when the activity is cancelled or the worker shuts down. */
  readonly signal: AbortSignal;
  /** Says that a long call is alive. */
  heartbeat(progress: string): void;
}
