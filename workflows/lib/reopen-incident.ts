import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { getExternalWorkflowHandle, isCancellation, ParentClosePolicy, startChild } from '@temporalio/workflow';
import type { Drift } from '../../activities/drift';
import { incidentId } from '../../domain/credential';
import type { Assessment } from '../../domain/detection';
import { SEARCH_ATTRIBUTES, worksAgainSignal, type WatchInput } from '../messages';
import { respondToLeak } from '../respond-to-leak';

/** The incident's own workflow does what there is to do. Resolves to whether it was opened: while one runs it can't be. */
export async function reopenIncident(input: WatchInput, found: Drift): Promise<boolean> {
  const { credentialId, version, policy, replacement, simulated } = input;
  const { control, isContained, isUnproven } = found;
  const assessment = assessmentOf(input, found);
  // What was never replaced, or never proven, has the rest of it still to come.
  const isUnfinished = isContained ?? (isUnproven && (control === undefined || control > version));
  const reopened = isUnfinished ? {} : { reopened: { replacement: control ?? replacement } };
  try {
    await startChild(respondToLeak, {
      workflowId: incidentId(credentialId, version),
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: `${assessment.severity}: ${credentialId} v${version} works again`,
      staticDetails: assessment.reason,
      typedSearchAttributes: [
        { key: SEARCH_ATTRIBUTES.credential, value: credentialId },
        { key: SEARCH_ATTRIBUTES.severity, value: assessment.severity },
        { key: SEARCH_ATTRIBUTES.stage, value: 'opened' },
      ],
      args: [
        {
          credentialId,
          version,
          policy,
          startedBy: 'watch',
          ...reopened,
          ...(isHandedOver(input, found) ? { handedOver: true as const } : {}),
          assessment,
          ...(simulated ? { simulated } : {}),
        },
      ],
    });
    return true;
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    return false;
  }
}

/** Asks the incident that runs, and has refused it long ago, to refuse it once more. One that is just being closed hears nothing. */
export async function askToRefuseAgain({ credentialId, version }: WatchInput, evidence: string): Promise<void> {
  try {
    await getExternalWorkflowHandle(incidentId(credentialId, version)).signal(worksAgainSignal, { evidence });
  } catch (error) {
    if (isCancellation(error)) throw error;
  }
}

/** That its refusal was lifted does not make it known that it leaked: what only a person may decide stays so. */
function isHandedOver({ evidence }: WatchInput, { isContained }: Drift): boolean {
  return isContained === true && evidence !== undefined;
}

function assessmentOf(input: WatchInput, found: Drift): Assessment {
  const reason = `drift after closing: ${found.drift ?? ''}`.slice(0, 1000);
  const firstAbuseAt = Date.now();
  if (input.evidence && isHandedOver(input, found)) return { ...input.evidence, firstAbuseAt, reason };
  return { severity: 'critical', confidence: 1, families: ['listed'], deterministic: true, firstAbuseAt, reason };
}
