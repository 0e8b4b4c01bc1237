import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { ActivityDeps } from '../../activities/deps';
import { mayQuarantine } from '../../activities/lookup';
import { tellSecurity } from '../../activities/tell-audience';
import { parseIncidentId } from '../../domain/credential';
import { IncidentError, nextStep } from '../../domain/errors';
import type { Severity } from '../../domain/severity';
import { pageForAbandonedRotations } from './abandoned-rotations';
import { closedLately } from './closed-lately';
import { eachInTurn } from './each-in-turn';
import { inRounds } from './in-rounds';

const EVERY_MS = 60_000;

type Deps = Pick<ActivityDeps, 'audiences' | 'deliveries' | 'inventory' | 'notifiers' | 'providers'>;

/** Looks now and then for incidents whose workflow was ended from outside. Every response worker may run it. */
export function watchForAbandoned(deps: Deps, temporal: Client, log: Logger): { stop(): void } {
  return inRounds(EVERY_MS, log, 'abandoned incidents could not be looked for', () =>
    Promise.all([pageForAbandoned(deps, temporal, Date.now()), pageForAbandonedRotations(deps, temporal, Date.now())]),
  );
}

/**
 * Pages once for each incident that was terminated or failed, or was cancelled and could tell nobody, and left its version alive or not proven dead: nobody refuses, replaces, revokes or
 * tries it any more, and whoever ended it may not have known. A terminated workflow can't say so itself; of one whose version is proven dead, nobody
 * was told how it ended.
 */
export async function pageForAbandoned(deps: Deps, temporal: Client, now: number): Promise<void> {
  const query = `WorkflowType = 'respondToLeak' AND ExecutionStatus IN ('Terminated', 'Failed', 'TimedOut', 'Canceled') AND ${closedLately(now)}`;
  await eachInTurn(temporal.workflow.list({ query }), async ({ workflowId, runId, status }) => {
    const about = parseIncidentId(workflowId);
    // One that was cancelled has said so itself, where a channel took it.
    if (status.name === 'CANCELLED' && (await deps.deliveries.wasSent(ownNotice(runId)))) return;
    const standing = about && (await standingOf(deps, about, status.name !== 'FAILED'));
    if (!standing) return;
    const latest = await temporal.workflow.getHandle(workflowId).describe();
    // Started again since, it is looked after; unless that was refused, because it was proven dead by then.
    const refused = standing.severity === 'low' && latest.status.name === 'FAILED';
    if (latest.runId !== runId && !refused) return;
    await tellSecurity(deps, `abandoned/${workflowId}/${runId}`, {
      title: `[${standing.severity}] ${about.credentialId} v${about.version} is ${standing.is}; its incident did not close`,
      body: [
        `The workflow of ${workflowId} was ended (${status.name.toLowerCase()}) before it could close. Its version is ${standing.is}.`,
        standing.next,
      ].join('\n'),
      fields: {
        audience: 'security',
        kind: 'incident-abandoned',
        code: 'INCIDENT_ABORTED',
        severity: standing.severity,
        incident: workflowId,
        run: runId,
        credential: about.credentialId,
        version: String(about.version),
      },
    });
  });
}

/** How a cancelled incident's last notice to security is known (workflows/lib/tell-everyone.ts). */
function ownNotice(runId: string): string {
  return `${runId}/notify.unresolved.0.security/security/0`;
}

interface Standing {
  /** How its version is. */
  readonly is: string;
  readonly severity: Severity;
  readonly next: string;
}

/** How its version stands; undefined when nothing is left to be done about it, or to be told. */
async function standingOf(
  deps: Deps,
  { credentialId, version }: { readonly credentialId: string; readonly version: number },
  wasAtWork: boolean,
): Promise<Standing | undefined> {
  try {
    const { state, provenDead } = await deps.inventory.version(credentialId, version);
    if (state === 'live') return unended('NOT refused, unless the detectors hold it');
    if (state === 'quarantined') return unended(await whereRefused(deps, credentialId));
    if (state !== 'revoked') return undefined;
    if (!provenDead) return unended('revoked');
    const next =
      'Nothing is left to be done about it; nobody was told how it ended, and its audit trail has no last entry.';
    // One that is refused at the door, such as of a version that is long dead, fails.
    return wasAtWork ? { is: 'revoked and proven dead', severity: 'low', next } : undefined;
  } catch (error) {
    // An incident about what is in no inventory fails by itself, and refuses nothing.
    if (error instanceof IncidentError && ['VERSION_UNKNOWN', 'CREDENTIAL_UNKNOWN'].includes(error.code))
      return undefined;
    throw error;
  }
}

/** Where a version is refused that was not ended. */
async function whereRefused({ inventory, providers }: Deps, credentialId: string): Promise<string> {
  const credential = await inventory.credential(credentialId);
  const provider = providers.get(credential.provider);
  return provider && mayQuarantine(provider, credential)
    ? 'refused'
    : `refused at the gateways alone (at ${credential.provider} it may WORK)`;
}

function unended(is: string): Standing {
  return {
    is: `${is} and not proven dead, and nobody looks after it`,
    severity: 'high',
    next: nextStep('INCIDENT_ABORTED'),
  };
}
