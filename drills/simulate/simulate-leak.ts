import type { Client } from '@temporalio/client';
import { startIncident } from '../../client';
import type { Credential } from '../../domain/credential';
import { IncidentError } from '../../domain/errors';
import type { Policy } from '../../domain/policy';
import type { Inventory } from '../../domain/ports/stores';
import { newestLive } from '../../domain/version-order';
import { incidentUrl } from '../../workers/temporal';
import type { IncidentView } from '../../workflows/messages';
import { timesOf } from '../demo/credential-report';
import { followIncident } from '../demo/follow-incident';
import type { DemoReport } from '../demo/report';

export interface SimulationParts {
  readonly client: Client;
  readonly namespace: string;
  readonly temporalUi: string;
  readonly taskQueue: string;
  readonly policy: Policy;
  readonly inventory: Inventory;
  readonly verifyAudit: () => Promise<boolean>;
  /** The person who asked for it. */
  readonly startedBy: string;
  readonly timeoutMs: number;
  /** Aborted when nobody wants to watch any more; the incident goes on. */
  readonly signal: AbortSignal;
  /** Tells what happens, as it happens. */
  readonly tell: (line: string) => void;
}

/**
 * Answers a leak that did not happen, of a credential that exists: no attack traffic, the real response. Everything it writes is marked.
 * @throws IncidentError CREDENTIAL_UNKNOWN, CREDENTIAL_PROTECTED, VERSION_NOT_LIVE, CONFIRMATION_NEEDED, INCIDENT_EXISTS
 */
export async function simulateLeak(
  parts: SimulationParts,
  credentialId: string,
  confirmed: boolean,
): Promise<DemoReport> {
  const { client, inventory, tell } = parts;
  const credential = await inventory.credential(credentialId);
  if (credential.protection !== 'normal')
    throw new IncidentError('CREDENTIAL_PROTECTED', { credential: credentialId, protection: credential.protection });
  const version = newestLive(await inventory.versions(credentialId))?.version;
  if (version === undefined) throw new IncidentError('VERSION_NOT_LIVE', { credential: credentialId });
  const dependents = credential.dependents.map(({ id }) => id);
  if (!confirmed) throw new IncidentError('CONFIRMATION_NEEDED', { credential: credentialId, version, dependents });

  tell(
    `SIMULATED leak of ${credentialId} v${version}; it is replaced for real (${dependents.join(', ') || 'no dependents'})`,
  );
  const begin = Date.now();
  const { id } = await startIncident(client, {
    credentialId,
    version,
    severity: 'high',
    reason: `an exercise started by ${parts.startedBy}; nothing leaked`,
    startedBy: parts.startedBy,
    about: credential,
    simulated: true,
    taskQueue: parts.taskQueue,
    policy: parts.policy,
  });
  const { runId } = await client.workflow.getHandle(id).describe();
  const url = incidentUrl(parts.temporalUi, parts.namespace, id, runId);
  tell(url);
  const view = await followIncident(
    client,
    id,
    begin + parts.timeoutMs,
    (at, line) => tell(`+${((at - begin) / 1000).toFixed(2)} s  ${line}`),
    { signal: parts.signal },
  );
  if (view?.incident.outcome === undefined) tell(`The incident is not over, and goes on: ${url}`);
  return reportOf(parts, { credential, begin, id, runId, url, view }, await parts.verifyAudit());
}

interface Played {
  readonly credential: Credential;
  readonly begin: number;
  readonly id: string;
  readonly runId: string;
  readonly url: string;
  readonly view: IncidentView | undefined;
}

/** The demo's report, with null for what an exercise has not: an attacker, a load, a detection. */
function reportOf(
  { temporalUi }: SimulationParts,
  { credential, begin, id, runId, url, view }: Played,
  auditVerified: boolean,
): DemoReport {
  return {
    simulated: true,
    credentials: [
      {
        id: credential.id,
        provider: credential.provider,
        strategy: view?.plan?.strategy ?? null,
        // The detection side's hold; nothing was detected.
        refusedMs: null,
        ...timesOf(view, begin),
        attackerSuccessesAfterRefusal: null,
        attackerSessionsAlive: null,
        audiencesNotified: view?.audiencesNotified ?? [],
        outcome: view?.incident.outcome ?? null,
        workflowId: id,
        runId,
        url,
      },
    ],
    legitimateRequests: null,
    failedLegitimateRequests: null,
    ambiguousLegitimateRequests: null,
    slowestLegitimateMs: null,
    incidentsBeforeTheLeak: null,
    auditVerified,
    temporalUi,
  };
}
