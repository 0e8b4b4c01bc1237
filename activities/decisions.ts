import type { ActivityDeps } from './deps';
import type { IncidentStep } from './incident-step';

export interface DecisionInput extends IncidentStep {
  /** Who decided: what they said of themselves. */
  readonly actor: string;
  readonly decision: string;
  readonly note: string;
}

/** What people decide is audited like what the workflow does. */
export function createDecisionActivities(deps: Pick<ActivityDeps, 'audit'>) {
  return {
    async recordDecision(input: DecisionInput): Promise<void> {
      const { incidentId, runId, stepKey, actor, decision, note, credentialId, version } = input;
      const detail = { credential: credentialId, version, note };
      await deps.audit.append({
        incidentId,
        workflowRunId: runId,
        actor,
        action: decision,
        phase: 'outcome',
        stepKey,
        detail,
      });
    },
  };
}
