import { DefaultFailureConverter, defaultPayloadConverter, type Payload } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';

export type Failure = temporal.api.failure.v1.IFailure;
type Encoded = temporal.api.common.v1.IPayload;

const failures = new DefaultFailureConverter();

export function encode(value: unknown): Payload {
  return defaultPayloadConverter.toPayload(value);
}

export function decode<T>(payload: Encoded | null | undefined): T {
  return (payload ? defaultPayloadConverter.fromPayload(payload) : undefined) as T;
}

export function encodeError(error: unknown): Failure {
  return failures.errorToFailure(error, defaultPayloadConverter);
}

export function decodeError(failure: Failure): Error {
  return failures.failureToError(failure, defaultPayloadConverter);
}

export const CANCELLED: Failure = { message: 'cancelled', canceledFailureInfo: {} };

const TIMEOUT_TYPES = { 'start-to-close': 1, 'schedule-to-close': 3, heartbeat: 4 } as const;

export type TimeoutKind = keyof typeof TIMEOUT_TYPES;

export function timeout(kind: TimeoutKind, last: Failure | undefined): Failure {
  return {
    message: `activity ${kind} timeout`,
    timeoutFailureInfo: { timeoutType: TIMEOUT_TYPES[kind] },
    ...(last ? { cause: last } : {}),
  };
}

/** As a workflow gets the end of an activity that did not succeed. */
export function activityFailure(activityType: string, activityId: string, cause: Failure): Failure {
  return {
    message: 'Activity task failed',
    activityFailureInfo: { activityId, activityType: { name: activityType }, retryState: 1 },
    cause,
  };
}

/** As a parent gets the end of a child that did not succeed. */
export function childFailure(workflowType: string, workflowId: string, cause: Failure): Failure {
  return {
    message: 'Child Workflow execution failed',
    childWorkflowExecutionFailureInfo: {
      workflowType: { name: workflowType },
      workflowExecution: { workflowId },
      retryState: 1,
    },
    cause,
  };
}
