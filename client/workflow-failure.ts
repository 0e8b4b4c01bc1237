import { ApplicationFailure } from '@temporalio/common';
import { IncidentError, isErrorCode, type ErrorFields } from '../domain/errors';

/** Why a workflow of ours failed, by our own code; undefined of an error that has none. */
export function failureOf(error: unknown): IncidentError | undefined {
  if (error instanceof ApplicationFailure && isErrorCode(error.type)) {
    const [fields] = (error.details ?? []) as readonly (ErrorFields | undefined)[];
    return new IncidentError(error.type, fields);
  }
  return error instanceof Error ? failureOf(error.cause) : undefined;
}
