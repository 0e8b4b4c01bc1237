import { ActivityFailure, ApplicationFailure, ChildWorkflowFailure, TimeoutFailure } from '@temporalio/common';

export interface StepFailure {
  /** A stable code of domain/errors.ts, or TIMED_OUT: never knew whether it happened. */
  readonly code: string;
  readonly message: string;
  /** Of a rotation, what became of what it had done. */
  readonly left?: LeftByRotation;
}

/** What a rotation that failed says of it. */
export interface LeftByRotation {
  /** Whom it had moved is back on the old version; missing in histories from before it said so. */
  readonly sentBack?: boolean;
  /** What it did not take back, and who works on it. */
  readonly kept?: { readonly version: number; readonly users: readonly string[] };
  /** Those that an undo left where another incident may have moved them. */
  readonly elsewhere?: readonly string[];
  /** What was to be adopted, and does not live or work. */
  readonly gone?: number;
  /** Until when the old version works for dependents, as it was listed when the rotation failed; missing where that was not looked up. */
  readonly laneUntil?: number;
  /** A version that lived before, and on which a wave did not work. */
  readonly unfit?: number;
}

/** How a rotation ends that has undone itself, as far as it could. */
export const UNDONE: readonly string[] = ['ROLLED_BACK', 'ROLLBACK_INCOMPLETE'];

/** The stable code inside Temporal's wrapping: an activity's failure comes as ActivityFailure with our failure as its cause. */
export function stepFailure(error: unknown): StepFailure {
  const cause = error instanceof ActivityFailure || error instanceof ChildWorkflowFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure) {
    const code = cause.type ?? 'INTERNAL';
    const left = UNDONE.includes(code) ? (cause.details?.[0] as LeftByRotation | undefined) : undefined;
    return { code, message: cause.message, ...(left ? { left } : {}) };
  }
  if (cause instanceof TimeoutFailure) {
    // The last attempt's own failure says more than "timed out".
    return cause.cause instanceof ApplicationFailure
      ? stepFailure(cause.cause)
      : { code: 'TIMED_OUT', message: cause.message };
  }
  return { code: 'INTERNAL', message: cause instanceof Error ? cause.message : 'unknown failure' };
}
