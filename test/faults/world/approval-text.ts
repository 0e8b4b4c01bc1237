import { detailText, type ApprovalScope } from '../../../domain/approval';

type Approved = Omit<ApprovalScope, 'incidentId'>;

/** What stands for a signature in the simulated world: for exactly this, by this actor. It may be shown again. */
export function approvalText({ actor, action, detail }: Approved): string {
  return `signed: ${actor}, ${action}, ${detailText(detail)}`;
}
