/**
 * How long a workflow may compute at once; by default five seconds. One that is stopped for it takes its whole process with it (Node: "async hook stack has become corrupted"), which Temporal then has do
 * the same again; and on a busy machine hundreds of signals at once take that long. Temporal's own limit for a task, of ten seconds, is for those. The SDK (1.24) takes the option and
 * leaves it out of its types.
 */
export const PATIENT_ISOLATE: object = { isolateExecutionTimeout: '60s' };
