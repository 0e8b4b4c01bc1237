import type { Client } from '@temporalio/client';
import type { ActivityDeps } from '../../activities/deps';
import { nextStep } from '../../domain/errors';
import { stepFailure } from '../../workflows/lib/failure-code';
import { closedLately } from './closed-lately';
import { tellSecurity } from './tell-security';

/**
 * Pages once for each rotation that could not undo itself after its incident had ended: that asked it to, and nobody else heard how it went.
 */
export async function pageForAbandonedRotations(
  deps: Pick<ActivityDeps, 'audiences' | 'deliveries' | 'notifiers'>,
  temporal: Client,
  now: number,
): Promise<void> {
  const query = `WorkflowType = 'rotateCredential' AND ExecutionStatus = 'Failed' AND ${closedLately(now)}`;
  for await (const { workflowId, runId, closeTime, parentExecution: parent } of temporal.workflow.list({ query })) {
    if (!parent?.workflowId || !closeTime) continue;
    const { closeTime: parentClosed } = await temporal.workflow
      .getHandle(parent.workflowId, parent.runId ?? undefined)
      .describe();
    // An incident that was there tells it.
    if (!parentClosed || parentClosed > closeTime) continue;
    const { code, message } = await failureOf(temporal, workflowId, runId);
    if (code !== 'ROLLBACK_INCOMPLETE') continue;
    await tellSecurity(deps, `abandoned/${workflowId}/${runId}`, {
      title: `[high] the rotation of ${parent.workflowId} could not be undone`,
      body: [`Its incident had ended, and nobody else goes on with it. ${message}`, nextStep('INCIDENT_ABORTED')].join(
        '\n',
      ),
      fields: {
        audience: 'security',
        kind: 'rotation-abandoned',
        code: 'INCIDENT_ABORTED',
        severity: 'high',
        incident: parent.workflowId,
        rotation: workflowId,
      },
    });
  }
}

async function failureOf(temporal: Client, workflowId: string, runId: string) {
  try {
    await temporal.workflow.getHandle(workflowId, runId).result();
    return { code: '', message: '' };
  } catch (error) {
    return stepFailure(error instanceof Error ? error.cause : error);
  }
}
