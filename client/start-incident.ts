import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  type Client,
  type WorkflowStartOptions,
} from '@temporalio/client';
import { incidentId, type InventoryRecord } from '../domain/credential';
import { IncidentError } from '../domain/errors';
import { DEFAULT_POLICY, type Policy } from '../domain/policy';
import type { Severity } from '../domain/severity';
import {
  detectionSignal,
  RESPONSE_TASK_QUEUE,
  SEARCH_ATTRIBUTES,
  stateQuery,
  type DetectionSignal,
  type IncidentInput,
  type IncidentResult,
  type IncidentView,
} from '../workflows/messages';
import type { respondToLeak } from '../workflows';

export interface IncidentRequest {
  readonly credentialId: string;
  readonly version: number;
  readonly severity: Severity;
  /** Why it is known to be leaked; people read it. */
  readonly reason: string;
  /** The person or program that asks. */
  readonly startedBy: string;
  readonly policy?: Policy;
  readonly taskQueue?: string;
}

/** One incident, for programs. */
export interface IncidentHandle {
  readonly id: string;
  /** @throws IncidentError INCIDENT_UNKNOWN */
  state(): Promise<IncidentView>;
  /** Waits for the end. */
  result(): Promise<IncidentResult>;
}

/** Starts the response to a leak somebody states. @throws IncidentError INCIDENT_EXISTS when this version has an incident already. */
export async function startIncident(client: Client, request: IncidentRequest): Promise<IncidentHandle> {
  const input: IncidentInput = {
    credentialId: request.credentialId,
    version: request.version,
    // A statement by an authorized person or program needs no second witness.
    assessment: {
      severity: request.severity,
      confidence: 1,
      families: [],
      deterministic: true,
      firstAbuseAt: Date.now(),
      reason: request.reason,
    },
    policy: request.policy ?? DEFAULT_POLICY,
    startedBy: request.startedBy,
  };
  const options = startOptions(input, { provider: 'unknown', ownerTeam: 'unknown' }, request.taskQueue);
  try {
    await client.workflow.start<typeof respondToLeak>('respondToLeak', options);
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError)
      throw new IncidentError('INCIDENT_EXISTS', { incident: options.workflowId });
    throw error;
  }
  return incident(client, options.workflowId);
}

/** A handle on an incident by its id, `incident/<credential>/<version>`. */
export function incident(client: Client, id: string): IncidentHandle {
  const handle = client.workflow.getHandle<typeof respondToLeak>(id);
  return {
    id,
    async state() {
      try {
        return await handle.query(stateQuery);
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) throw new IncidentError('INCIDENT_UNKNOWN', { incident: id });
        throw error;
      }
    },
    result: () => handle.result(),
  };
}

/**
 * Joins the open incident of a version with more evidence, or starts it: one call, so that two detections at once make one
 * incident. `closed` when its incident ended before: use of a dead version opens nothing.
 */
export async function joinOrStartIncident(
  client: Client,
  input: IncidentInput,
  about: Pick<InventoryRecord, 'provider' | 'ownerTeam'>,
  signal: DetectionSignal,
  taskQueue?: string,
): Promise<{ readonly state: 'joined'; readonly runId: string } | { readonly state: 'closed' }> {
  try {
    const handle = await client.workflow.signalWithStart<typeof respondToLeak, [DetectionSignal]>('respondToLeak', {
      ...startOptions(input, about, taskQueue),
      signal: detectionSignal,
      signalArgs: [signal],
    });
    return { state: 'joined', runId: handle.signaledRunId };
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return { state: 'closed' };
    throw error;
  }
}

function startOptions(
  input: IncidentInput,
  about: Pick<InventoryRecord, 'provider' | 'ownerTeam'>,
  taskQueue = RESPONSE_TASK_QUEUE,
): WorkflowStartOptions<typeof respondToLeak> & { workflowId: string } {
  const { credentialId, version, assessment } = input;
  return {
    workflowId: incidentId(credentialId, version),
    taskQueue,
    args: [input],
    // A finished incident is never opened again by the same version; one that failed or was terminated may be.
    workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
    // A task lost with its worker is given to another after this long.
    workflowTaskTimeout: '5s',
    staticSummary: `${assessment.severity}: ${credentialId} v${version} leaked`,
    staticDetails: `${assessment.reason}\n\nStarted by ${input.startedBy}.`,
    typedSearchAttributes: [
      { key: SEARCH_ATTRIBUTES.credential, value: credentialId },
      { key: SEARCH_ATTRIBUTES.provider, value: about.provider },
      { key: SEARCH_ATTRIBUTES.severity, value: assessment.severity },
      { key: SEARCH_ATTRIBUTES.stage, value: 'opened' },
      { key: SEARCH_ATTRIBUTES.ownerTeam, value: about.ownerTeam },
    ],
  };
}
