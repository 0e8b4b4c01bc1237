import { DefaultFailureConverter } from '@temporalio/common';

/** Messages and stack traces of failures go through the payload codec too; their `type`, our stable code, stays readable. */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
