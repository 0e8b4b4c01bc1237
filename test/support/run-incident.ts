import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, type WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Activities } from '../../activities';
import { incidentId } from '../../domain/credential';
import type { respondToLeak } from '../../workflows';
import type { Stage } from '../../domain/incident';
import { stateQuery, type IncidentInput, type IncidentResult, type IncidentView } from '../../workflows/messages';
import { eventually } from './eventually';
import { testWorker } from './test-worker';

export type LeakHandle = WorkflowHandle<typeof respondToLeak>;

/**
 * Runs one incident on a worker of its own while `work` looks at it. Its id is its own too: files share the server. Without `skipTime` time
 * is real: after an activity that timed out, this server may never skip any again.
 */
export async function withIncident<T>(
  environment: TestWorkflowEnvironment,
  activities: Activities,
  input: IncidentInput,
  work: (handle: LeakHandle) => Promise<T>,
  { keepWatch = false, skipTime = true } = {},
): Promise<T> {
  // Ids of child workflows are formed from the credential's, and one test must not meet another's.
  // A watch would outlive its worker, and a task that nobody takes stops this server's clock.
  const policy = keepWatch ? input.policy : { ...input.policy, watchSeconds: 0 };
  const own = { ...input, policy, credentialId: `${input.credentialId}-${randomUUID()}` };
  const { worker, taskQueue } = await testWorker(environment, activities);
  const { connection } = environment;
  const client = skipTime ? environment.client : new Client({ connection });
  return worker.runUntil(async () => {
    const handle = await client.workflow.start<typeof respondToLeak>('respondToLeak', {
      workflowId: incidentId(own.credentialId, own.version),
      // A task that this server refused the completion of is given out again soon.
      ...(skipTime ? {} : { workflowTaskTimeout: '2s' as const }),
      taskQueue,
      args: [own],
    });
    return work(handle);
  });
}

export function untilWaiting(handle: LeakHandle): Promise<IncidentView> {
  return untilStage(handle, 'waiting-for-person');
}

export function untilStage(handle: LeakHandle, stage: Stage): Promise<IncidentView> {
  return eventually(
    () => handle.query(stateQuery),
    ({ incident }) => incident.stage === stage,
  );
}

/** The result, or an error that shows where the incident stands: this server loses a task now and then, and says nothing of it. */
export async function resultWithin(handle: LeakHandle, milliseconds: number): Promise<IncidentResult> {
  const guard = new AbortController();
  const late = delay(milliseconds, undefined, { signal: guard.signal }).catch(() => undefined);
  const result = await Promise.race([handle.result(), late]);
  guard.abort();
  if (result) return result;
  const { incident } = await handle.query(stateQuery);
  const { events } = await handle.fetchHistory();
  const last = events?.slice(-5).map(({ eventId, eventType }) => `${String(eventId)}: ${String(eventType)}`);
  throw new Error(`not over after ${milliseconds} ms: ${incident.stage}, last events ${last?.join(', ') ?? 'unknown'}`);
}
