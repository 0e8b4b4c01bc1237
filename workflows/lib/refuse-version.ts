import { CancellationScope } from '@temporalio/workflow';
import type { Contained } from '../../activities/containment';
import type { ResponsePlan } from '../../domain/response-plan';
import { atOnce, untilDone } from './activity-proxies';
import { incidentStep } from './incident-step';
import type { Leak } from './leak';

/** Puts the refusal that a plan asks for in force; `name` tells one such step of an incident from another. */
export function refuse({ input, board }: Leak, plan: ResponsePlan, name: string): Promise<Contained> {
  const containment = { ...incidentStep(input, name), plan, reason: board.incident.evidence.reason };
  return atOnce().containVersion.executeWithOptions(
    { summary: `Refuse version ${input.version}: ${plan.quarantine.mode}` },
    [containment],
  );
}

/** What is refused must be on record, also when the workflow is cancelled meanwhile. */
export function record({ input, board }: Leak, plan: ResponsePlan, name: string, contained: Contained): Promise<void> {
  const { reason } = board.incident.evidence;
  const containment = { ...incidentStep(input, name), plan, reason, contained, known: board.known() };
  return CancellationScope.nonCancellable(() =>
    untilDone.recordContainment.executeWithOptions({ summary: 'Record the refusal and its reason' }, [containment]),
  );
}
