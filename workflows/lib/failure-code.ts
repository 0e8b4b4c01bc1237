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
  /** Of what failed in it. */
  readonly code: string;
  readonly notUndone: readonly string[];
  /** Whom it had moved is back on the old version; missing in histories from before it said so. */
  readonly sentBack?: boolean;
  /** A version that lived before, and on which a wave did not work. */
  readonly unfit?: number;
}

/** The stable code inside Temporal's wrapping: an activity's failure comes as ActivityFailure with our failure as its cause. */
export function stepFailure(error: unknown): StepFailure {
  const cause = error instanceof ActivityFailure || error instanceof ChildWorkflowFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure) {
    const left = error instanceof ChildWorkflowFailure ? (cause.details?.[0] as LeftByRotation | undefined) : undefined;
    return { code: cause.type ?? 'INTERNAL', message: cause.message, ...(left ? { left } : {}) };
  }
  if (cause instanceof TimeoutFailure) {
    // The last attempt's own failure says more than "timed out".
    return cause.cause instanceof ApplicationFailure
      ? stepFailure(cause.cause)
      : { code: 'TIMED_OUT', message: cause.message };
  }
  return { code: 'INTERNAL', message: cause instanceof Error ? cause.message : 'unknown failure' };
}
