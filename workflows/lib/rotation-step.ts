import { getExternalWorkflowHandle, workflowInfo } from '@temporalio/workflow';
import type { IncidentStep } from '../../activities/incident-step';
import type { IncidentEvent } from '../../domain/incident';
import { progressSignal, type RotationInput } from '../messages';

/** A step of a rotation has its own key in each generation: a rolled-back one is never continued. */
export function rotationStep(input: RotationInput, name: string): IncidentStep {
  return {
    incidentId: input.incidentId,
    runId: input.incidentRunId,
    credentialId: input.credentialId,
    version: input.version,
    stepKey: `${workflowInfo().firstExecutionRunId}/${name}`,
    ...(input.simulated ? { simulated: true } : {}),
  };
}

/** Tells the incident. One that was terminated needs no progress; the rotation must not fail for it. */
export async function reportProgress({ incidentId, token }: RotationInput, event: IncidentEvent): Promise<void> {
  await getExternalWorkflowHandle(incidentId)
    .signal(progressSignal, { ...event, ...(token === undefined ? {} : { token }) })
    .catch(() => undefined);
}
