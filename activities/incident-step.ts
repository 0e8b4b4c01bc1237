import type { KnownAgainst } from '../domain/incident';
import type { AuditEvent } from '../domain/ports/stores';
import { stepTime } from './activity-edge';
import type { ActivityDeps } from './deps';

/** What every activity of an incident gets: whose it is, and the key of this step, the same for every attempt. */
export interface IncidentStep {
  readonly incidentId: string;
  readonly runId: string;
  readonly credentialId: string;
  readonly version: number;
  /** First execution run id + step, never the attempt. */
  readonly stepKey: string;
  /** Of an exercise: the audit says so. */
  readonly simulated?: true;
}

/** A step that says what the incident knows by then. Missing in histories from before it was kept. */
export interface KnowingStep extends IncidentStep {
  readonly known?: KnownAgainst;
}

/** For the incidents of this version after this one. What an exercise says of it is no evidence. */
export async function keepKnown(
  deps: Pick<ActivityDeps, 'inventory'>,
  { credentialId, version, known, simulated }: KnowingStep,
): Promise<void> {
  if (known && !simulated) await deps.inventory.keepKnown(credentialId, version, known, stepTime());
}

type Detail = AuditEvent['detail'];

/** Writes one audit entry of a step; `actor` is the person, where one decided it. */
export function audit(
  deps: Pick<ActivityDeps, 'audit'>,
  step: IncidentStep,
  action: string,
  phase: AuditEvent['phase'],
  detail: Detail,
  actor = 'workflow',
): Promise<void> {
  return deps.audit.append({
    incidentId: step.incidentId,
    workflowRunId: step.runId,
    actor,
    action,
    phase,
    stepKey: step.stepKey,
    detail: {
      credential: step.credentialId,
      version: step.version,
      ...(step.simulated ? { simulated: true, note: 'SIMULATED' } : {}),
      ...detail,
    },
  });
}

/** Intent before, outcome after: an irreversible or replacing effect waits for its audit entry. */
export async function audited<T>(
  deps: Pick<ActivityDeps, 'audit'>,
  step: IncidentStep,
  action: string,
  intent: Detail,
  effect: () => Promise<{ readonly result: T; readonly outcome: Detail }>,
  actor?: string,
): Promise<T> {
  await audit(deps, step, action, 'intent', intent, actor);
  const { result, outcome } = await effect();
  await audit(deps, step, action, 'outcome', outcome, actor);
  return result;
}
