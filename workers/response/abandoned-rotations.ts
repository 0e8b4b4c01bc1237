import type { Client } from '@temporalio/client';
import type { ActivityDeps } from '../../activities/deps';
import { tellSecurity } from '../../activities/tell-audience';
import { nextStep } from '../../domain/errors';
import { stepFailure } from '../../workflows/lib/failure-code';
import { closedLately } from './closed-lately';
import { eachInTurn } from './each-in-turn';

/**
 * Pages once for each rotation that could not undo itself, or was terminated and so did not try, and whose incident was not there to tell it.
 */
export async function pageForAbandonedRotations(
  deps: Pick<ActivityDeps, 'audiences' | 'deliveries' | 'notifiers'>,
  temporal: Client,
  now: number,
): Promise<void> {
  const query = `WorkflowType = 'rotateCredential' AND ExecutionStatus IN ('Failed', 'Terminated', 'TimedOut') AND ${closedLately(now)}`;
  await eachInTurn(temporal.workflow.list({ query }), async (rotation) => {
    const { workflowId, runId, status, closeTime, parentExecution: parent } = rotation;
    if (!parent?.workflowId || !closeTime) return;
    const incident = await temporal.workflow.getHandle(parent.workflowId, parent.runId ?? undefined).describe();
    // An incident that was there tells it; one that ended by itself has told it.
    if (!incident.closeTime || incident.status.name === 'COMPLETED') return;
    const wasCutShort = status.name !== 'FAILED';
    if (!wasCutShort && incident.closeTime > closeTime) return;
    const { code, message } = wasCutShort ? CUT_SHORT : await failureOf(temporal, workflowId, runId);
    if (code !== 'ROLLBACK_INCOMPLETE') return;
    await tellSecurity(deps, `abandoned/${workflowId}/${runId}`, {
      title: `[high] the rotation of ${parent.workflowId} ${wasCutShort ? 'was not' : 'could not be'} undone`,
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
  });
}

const CUT_SHORT = {
  code: 'ROLLBACK_INCOMPLETE',
  message:
    'It was terminated, and undid nothing: what it had minted may live, and some dependents may use it. An incident that is started again takes it up.',
};

async function failureOf(temporal: Client, workflowId: string, runId: string) {
  try {
    await temporal.workflow.getHandle(workflowId, runId).result();
    return { code: '', message: '' };
  } catch (error) {
    return stepFailure(error instanceof Error ? error.cause : error);
  }
}
