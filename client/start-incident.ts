import { WorkflowExecutionAlreadyStartedError, type Client, type WorkflowStartOptions } from '@temporalio/client';
import type { SearchAttributePair } from '@temporalio/common';
import { incidentId, rehearsalId, type InventoryRecord } from '../domain/credential';
import { IncidentError } from '../domain/errors';
import { OPEN_AGAIN } from '../domain/incident';
import { DEFAULT_POLICY, type Policy } from '../domain/policy';
import type { Severity } from '../domain/severity';
import {
  detectionSignal,
  RESPONSE_TASK_QUEUE,
  SEARCH_ATTRIBUTES,
  type DetectionSignal,
  type IncidentInput,
  type RehearsalReport,
} from '../workflows/messages';
import type { rehearseResponse, respondToLeak } from '../workflows';
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
  const input = inputOf(request);
  const { about = NOBODYS, requestId } = request;
  const options = startOptions(input, about, request.taskQueue);
  const start = (more: Pick<WorkflowStartOptions, 'workflowIdReusePolicy'>): Promise<unknown> =>
    client.workflow.start<typeof respondToLeak>('respondToLeak', {
      ...options,
      ...more,
      ...(requestId === undefined ? {} : { memo: { [REQUEST_MEMO]: requestId } }),
    });
  try {
    await start({}).catch(async (error: unknown) => {
      if (!(await mayOpenAgain(client, options.workflowId, error))) throw error;
      await start({ workflowIdReusePolicy: 'ALLOW_DUPLICATE' });
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    if (requestId === undefined || !(await startedBy(client, options.workflowId, requestId)))
      throw new IncidentError('INCIDENT_EXISTS', { incident: options.workflowId });
  }
  return incident(client, options.workflowId);
}

const NOBODYS = { provider: 'unknown', ownerTeam: 'unknown' };

function inputOf(request: IncidentRequest): IncidentInput {
  return {
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
}

/** Plays the response without its effects: a workflow of its own, that ends with what each step would need. */
export async function rehearseIncident(
  client: Client,
  request: IncidentRequest,
): Promise<{ readonly id: string; readonly report: () => Promise<RehearsalReport> }> {
  const input = inputOf(request);
  const about = request.about ?? NOBODYS;
  const id = rehearsalId(request.credentialId, request.version);
  const handle = await client.workflow.start<typeof rehearseResponse>('rehearseResponse', {
    ...startOptions(input, about, request.taskQueue),
    workflowId: id,
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    staticSummary: `DRY RUN ${input.assessment.severity}: ${input.credentialId} v${input.version}`,
    staticDetails: '**DRY RUN: nothing leaked, and nothing is done.**',
    typedSearchAttributes: searchAttributes(input, about, 'dry-run'),
  });
  return { id, report: () => handle.result() };
}

/** Whether what kept an incident from being started is one that closed without having ended the version. */
async function mayOpenAgain(client: Client, id: string, error: unknown): Promise<boolean> {
  if (!(error instanceof WorkflowExecutionAlreadyStartedError)) return false;
  const { status, typedSearchAttributes } = await client.workflow.getHandle(id).describe();
  const outcome = typedSearchAttributes.get(SEARCH_ATTRIBUTES.outcome);
  return status.name !== 'RUNNING' && OPEN_AGAIN.some((one) => one === outcome);
}

/** Whether an earlier try of this very request started the incident. */
async function startedBy(client: Client, id: string, requestId: string): Promise<boolean> {
  const { memo } = await client.workflow.getHandle(id).describe();
  return memo?.[REQUEST_MEMO] === requestId;
}

/**
 * Joins the open incident of a version with more evidence, or starts it: one call, so that two detections at once make one
 * incident. One that closed without having ended the version is opened again; `closed` when it did: use of a dead version opens nothing.
 */
export async function joinOrStartIncident(
  client: Client,
  input: IncidentInput,
  about: Pick<InventoryRecord, 'provider' | 'ownerTeam'>,
  signal: DetectionSignal,
  taskQueue?: string,
): Promise<{ readonly state: 'joined'; readonly runId: string } | { readonly state: 'closed' }> {
  const options = startOptions(input, about, taskQueue);
  const signalWithStart = (more: Pick<WorkflowStartOptions, 'workflowIdReusePolicy'>) =>
    client.workflow.signalWithStart<typeof respondToLeak, [DetectionSignal]>('respondToLeak', {
      ...options,
      ...more,
      signal: detectionSignal,
      signalArgs: [signal],
    });
  try {
    const handle = await signalWithStart({}).catch(async (error: unknown) => {
      if (!(await mayOpenAgain(client, options.workflowId, error))) throw error;
      return signalWithStart({ workflowIdReusePolicy: 'ALLOW_DUPLICATE' });
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
    staticSummary: `${input.simulated ? 'SIMULATED ' : ''}${assessment.severity}: ${credentialId} v${version} leaked`,
    staticDetails: `${input.simulated ? '**SIMULATED: nothing leaked; the response is real.** ' : ''}${assessment.reason}\n\nStarted by ${input.startedBy}.`,
    typedSearchAttributes: searchAttributes(input, about, 'opened'),
  };
}

function searchAttributes(
  { credentialId, assessment }: IncidentInput,
  about: Pick<InventoryRecord, 'provider' | 'ownerTeam'>,
  stage: string,
): SearchAttributePair[] {
  return [
    { key: SEARCH_ATTRIBUTES.credential, value: credentialId },
    { key: SEARCH_ATTRIBUTES.provider, value: about.provider },
    { key: SEARCH_ATTRIBUTES.severity, value: assessment.severity },
    { key: SEARCH_ATTRIBUTES.stage, value: stage },
    { key: SEARCH_ATTRIBUTES.ownerTeam, value: about.ownerTeam },
  ];
}
