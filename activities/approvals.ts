import type { ApprovalDetail, ApprovedAction } from '../domain/approval';
import { IncidentError } from '../domain/errors';
import type { ActivityDeps } from './deps';
import type { IncidentStep } from './incident-step';

export interface ApprovalInput extends IncidentStep {
  readonly approval: string;
  /** Who the sender of the update says they are. */
  readonly actor: string;
  readonly action: ApprovedAction;
  readonly detail: ApprovalDetail;
}

/** What only an authenticated person may have done. */
export function createApprovalActivities(deps: Pick<ActivityDeps, 'approvals' | 'audit'>) {
  return {
    /** Uses up one approval; both answers are audited. @throws IncidentError APPROVAL_REFUSED */
    async useApproval(input: ApprovalInput): Promise<{ readonly approvalId: string }> {
      const { incidentId, runId, stepKey, actor, action, detail, credentialId, version } = input;
      const verdict = await deps.approvals.use(input.approval, { incidentId, actor, action, detail }, stepKey);
      await deps.audit.append({
        incidentId,
        workflowRunId: runId,
        actor,
        action: verdict.ok ? 'approval.used' : 'approval.refused',
        phase: 'outcome',
        stepKey,
        detail: {
          credential: credentialId,
          version,
          approved: action,
          ...(verdict.ok ? { approval: verdict.id } : { refusal: verdict.refusal }),
        },
      });
      if (!verdict.ok) throw new IncidentError('APPROVAL_REFUSED', { action, actor, refusal: verdict.refusal });
      return { approvalId: verdict.id };
    },
  };
}
