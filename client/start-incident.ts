import { WorkflowExecutionAlreadyStartedError, type Client, type WorkflowStartOptions } from '@temporalio/client';
import { incidentId, type InventoryRecord } from '../domain/credential';
import { IncidentError } from '../domain/errors';
import { DEFAULT_POLICY, type Policy } from '../domain/policy';
import type { Severity } from '../domain/severity';
import {
  detectionSignal,
  RESPONSE_TASK_QUEUE,
  SEARCH_ATTRIBUTES,
  type DetectionSignal,
  type IncidentInput,
} from '../workflows/messages';
import type { respondToLeak } from '../workflows';
import { incident, type IncidentHandle } from './incident-handle';

export interface IncidentRequest {
  readonly credentialId: string;
  readonly version: number;
  readonly severity: Severity;
  /** Why it is known to be leaked; people read it. */
  readonly reason: string;
  /** The person or program that asks. */
  readonly startedBy: string;
  /** Whose it is, when the caller knows: the incident is found by it from its first moment. */
  readonly about?: Pick<InventoryRecord, 'provider' | 'ownerTeam'>;
  /** The same for every try of one request: a repeated one finds the incident it started, and no INCIDENT_EXISTS. */
  readonly requestId?: string;
  /** Nothing leaked: an exercise. The response is real, and everything it writes says SIMULATED. */
  readonly simulated?: boolean;
  readonly policy?: Policy;
  readonly taskQueue?: string;
}

const REQUEST_MEMO = 'tourniquetRequest';

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
      reason: request.simulated ? `SIMULATED: ${request.reason}` : request.reason,
    },
    policy: request.policy ?? DEFAULT_POLICY,
    startedBy: request.startedBy,
    ...(request.simulated ? { simulated: true } : {}),
  };
  const { about = { provider: 'unknown', ownerTeam: 'unknown' }, requestId } = request;
  const options = startOptions(input, about, request.taskQueue);
  try {
    await client.workflow.start<typeof respondToLeak>('respondToLeak', {
      ...options,
      ...(requestId === undefined ? {} : { memo: { [REQUEST_MEMO]: requestId } }),
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    if (requestId === undefined || !(await startedBy(client, options.workflowId, requestId)))
      throw new IncidentError('INCIDENT_EXISTS', { incident: options.workflowId });
  }
  return incident(client, options.workflowId);
}

/** Whether an earlier try of this very request started the incident. */
async function startedBy(client: Client, id: string, requestId: string): Promise<boolean> {
  const { memo } = await client.workflow.getHandle(id).describe();
  return memo?.[REQUEST_MEMO] === requestId;
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
    staticSummary: `${input.simulated ? 'SIMULATED ' : ''}${assessment.severity}: ${credentialId} v${version} leaked`,
    staticDetails: `${input.simulated ? '**SIMULATED: nothing leaked; the response is real.** ' : ''}${assessment.reason}\n\nStarted by ${input.startedBy}.`,
    typedSearchAttributes: [
      { key: SEARCH_ATTRIBUTES.credential, value: credentialId },
      { key: SEARCH_ATTRIBUTES.provider, value: about.provider },
      { key: SEARCH_ATTRIBUTES.severity, value: assessment.severity },
      { key: SEARCH_ATTRIBUTES.stage, value: 'opened' },
      { key: SEARCH_ATTRIBUTES.ownerTeam, value: about.ownerTeam },
    ],
  };
}
