import { ActivityFailure, ApplicationFailure, ChildWorkflowFailure, TimeoutFailure } from '@temporalio/common';

export interface StepFailure {
  /** A stable code of domain/errors.ts, or TIMED_OUT: never knew whether it happened. */
  readonly code: string;
  readonly message: string;
  /** Of a rotation that was undone: the code of what failed in it. */
  readonly because?: string;
}

/** The stable code inside Temporal's wrapping: an activity's failure comes as ActivityFailure with our failure as its cause. */
export function stepFailure(error: unknown): StepFailure {
  const cause = error instanceof ActivityFailure || error instanceof ChildWorkflowFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure) {
    const [detail] = (cause.details ?? []) as readonly ({ readonly code?: string } | undefined)[];
    const because = typeof detail?.code === 'string' ? { because: detail.code } : {};
    return { code: cause.type ?? 'INTERNAL', message: cause.message, ...because };
  }
  if (cause instanceof TimeoutFailure) {
    // The last attempt's own failure says more than "timed out".
    return cause.cause instanceof ApplicationFailure
      ? stepFailure(cause.cause)
      : { code: 'TIMED_OUT', message: cause.message };
  }
  return { code: 'INTERNAL', message: cause instanceof Error ? cause.message : 'unknown failure' };
}
