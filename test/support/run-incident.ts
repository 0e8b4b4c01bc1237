import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Activities } from '../../activities';
import { incidentId } from '../../domain/credential';
import type { respondToLeak } from '../../workflows';
import type { Stage } from '../../domain/incident';
import { stateQuery, type IncidentInput, type IncidentView } from '../../workflows/messages';
import { eventually } from './eventually';
import { testWorker } from './test-worker';

export type LeakHandle = WorkflowHandle<typeof respondToLeak>;

/** Runs one incident on a worker of its own while `work` looks at it. Its id is its own too: files share the server. */
export async function withIncident<T>(
  environment: TestWorkflowEnvironment,
  activities: Activities,
  input: IncidentInput,
  work: (handle: LeakHandle) => Promise<T>,
  { keepWatch = false } = {},
): Promise<T> {
  // Ids of child workflows are formed from the credential's, and one test must not meet another's.
  // A watch would outlive its worker, and a task that nobody takes stops this server's clock.
  const policy = keepWatch ? input.policy : { ...input.policy, watchSeconds: 0 };
  const own = { ...input, policy, credentialId: `${input.credentialId}-${randomUUID()}` };
  const { worker, taskQueue } = await testWorker(environment, activities);
  return worker.runUntil(async () => {
    const handle = await environment.client.workflow.start<typeof respondToLeak>('respondToLeak', {
      workflowId: incidentId(own.credentialId, own.version),
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

/** What its timeline says. */
export function notesOf({ incident }: IncidentView): string {
  return incident.timeline.map(({ note }) => note).join('\n');
}

/** Why an update was refused, cause by cause; empty if it was not. */
export async function refusalOf(update: Promise<unknown>): Promise<string> {
  const error = await update.then(
    () => undefined,
    (thrown: unknown) => thrown as Error,
  );
  const causes = [];
  for (let one: unknown = error; one instanceof Error; one = one.cause) causes.push(one.message);
  return causes.join(' < ');
}

/** Held until it is let go. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open: () => open() };
}
