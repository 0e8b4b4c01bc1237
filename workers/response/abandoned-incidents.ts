import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { ActivityDeps } from '../../activities/deps';
import { parseIncidentId } from '../../domain/credential';
import { IncidentError, nextStep } from '../../domain/errors';
import { errorLabel } from '../log';
import { tellSecurity } from './tell-security';

const EVERY_MS = 60_000;
/** Longer than a weekend during which no response worker ran. */
const LOOK_BACK_MS = 7 * 86_400_000;

type Deps = Pick<ActivityDeps, 'audiences' | 'deliveries' | 'inventory' | 'notifiers'>;

/** Looks now and then for incidents whose workflow was ended from outside. Every response worker may run it. */
export function watchForAbandoned(deps: Deps, temporal: Client, log: Logger): { stop(): void } {
  const timer = setInterval(() => {
    pageForAbandoned(deps, temporal, Date.now()).catch((error: unknown) =>
      log.error(errorLabel(error), 'abandoned incidents could not be looked for; it is tried again'),
    );
  }, EVERY_MS);
  return { stop: () => clearInterval(timer) };
}

/**
 * Pages once for each incident that was terminated, or failed, and left its version refused and not proven dead: nobody replaces, revokes or tries it any more, and whoever
 * ended it may not have known. A terminated workflow can't say so itself.
 */
export async function pageForAbandoned(deps: Deps, temporal: Client, now: number): Promise<void> {
  const since = new Date(now - LOOK_BACK_MS).toISOString();
  const query = `WorkflowType = 'respondToLeak' AND ExecutionStatus IN ('Terminated', 'Failed', 'TimedOut') AND CloseTime > '${since}'`;
  for await (const { workflowId, runId, status } of temporal.workflow.list({ query })) {
    const about = parseIncidentId(workflowId);
    if (!about || !(await isLeftToItself(deps, about))) continue;
    // Started again since, it is looked after.
    if ((await temporal.workflow.getHandle(workflowId).describe()).runId !== runId) continue;
    await tellSecurity(deps, `abandoned/${workflowId}/${runId}`, {
      title: `[high] ${about.credentialId} v${about.version} is refused, and nobody looks after it`,
      body: [
        `The workflow of ${workflowId} was ended (${status.name.toLowerCase()}) before its version was. It stays refused, and is not proven dead.`,
        nextStep('INCIDENT_ABORTED'),
      ].join('\n'),
      fields: {
        audience: 'security',
        kind: 'incident-abandoned',
        code: 'INCIDENT_ABORTED',
        severity: 'high',
        incident: workflowId,
        run: runId,
        credential: about.credentialId,
        version: String(about.version),
      },
    });
  }
}

async function isLeftToItself(
  { inventory }: Deps,
  { credentialId, version }: { readonly credentialId: string; readonly version: number },
): Promise<boolean> {
  try {
    const { state, provenDead } = await inventory.version(credentialId, version);
    return state === 'quarantined' || (state === 'revoked' && !provenDead);
  } catch (error) {
    // An incident about what is in no inventory fails by itself, and refuses nothing.
    if (error instanceof IncidentError && ['VERSION_UNKNOWN', 'CREDENTIAL_UNKNOWN'].includes(error.code)) return false;
    throw error;
  }
}
