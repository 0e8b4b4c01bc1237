import type { Client } from '@temporalio/client';

/** What Temporal knows of a workflow that did not end in time, without asking its worker: for whoever reads the evidence. */
export async function whatItWaitsFor(client: Client, workflowId: string): Promise<string> {
  const { status, historyLength, raw } = await client.workflow.getHandle(workflowId).describe();
  const activities = (raw.pendingActivities ?? []).map(
    ({ activityType, attempt, lastFailure }) =>
      `${activityType?.name ?? 'an activity'}, attempt ${attempt ?? 1}${lastFailure?.message ? ` (${lastFailure.message})` : ''}`,
  );
  const task = raw.pendingWorkflowTask ? [`a workflow task, attempt ${raw.pendingWorkflowTask.attempt ?? 1}`] : [];
  const waiting = [...task, ...activities].join('; ') || 'a timer or a signal';
  return `${status.name}, ${historyLength} events, waits for ${waiting}`;
}
