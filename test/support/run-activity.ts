import { MockActivityEnvironment } from '@temporalio/testing';

/** Runs one activity as Temporal would, without a workflow. `at`: when the step was scheduled, the same for every attempt. */
export function runActivity<I, O>(activity: (input: I) => Promise<O>, input: I, at = Date.now()): Promise<O> {
  return new MockActivityEnvironment({ scheduledTimestampMs: at }).run(activity, input);
}
