import { workflowInfo } from '@temporalio/workflow';
import type { IncidentStep } from '../../activities/incident-step';
import type { IncidentInput } from '../messages';

/** The key of a step is the same for every attempt and every continuation of this incident. */
export function incidentStep(input: IncidentInput, name: string): IncidentStep {
  const { workflowId, runId, firstExecutionRunId } = workflowInfo();
  return {
    incidentId: workflowId,
    runId,
    credentialId: input.credentialId,
    version: input.version,
    stepKey: `${firstExecutionRunId}/${name}`,
    ...(input.simulated ? { simulated: true } : {}),
  };
}

/** The same for what is counted within one run: after continue-as-new the counts begin again, and these are other steps. */
export function runStep(input: IncidentInput, name: string): IncidentStep {
  return { ...incidentStep(input, name), stepKey: `${workflowInfo().runId}/${name}` };
}
