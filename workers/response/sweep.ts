import type { Logger } from 'pino';
import type { ActivityDeps } from '../../activities/deps';
import { renderNotice } from '../../activities/notifiers/render-notice';
import { tellSecurity } from '../../activities/tell-audience';
import type { DenylistEntry } from '../../domain/denylist';
import { IncidentError } from '../../domain/errors';
import { reconcile, type Mending, type Reconciled } from '../../enforcement/reconcile';
import { errorLabel } from '../log';
import { inRounds } from './in-rounds';
import { pageForMissingGateways } from './missing-gateways';

const EVERY_MS = 30_000;

/** Of the parts of a response worker, those that the sweep touches. */
export type SweepDeps = Pick<
  ActivityDeps,
  | 'audiences'
  | 'audit'
  | 'containments'
  | 'deliveries'
  | 'denylist'
  | 'gateways'
  | 'incidentUrl'
  | 'inventory'
  | 'notifiers'
>;

/**
 * Keeps the denylist and PostgreSQL agreed, and finds holds that nobody adopted and gateways that are missing. Every response worker
 * may run it.
 */
export function startSweep(deps: SweepDeps, log: Logger): { stop(): void } {
  return inRounds(EVERY_MS, log, 'the sweep failed', () => sweepOnce(deps, log, Date.now()));
}

/** One round. Missing gateways are told of whatever becomes of the rest. */
export async function sweepOnce(deps: SweepDeps, log: Logger, now: number): Promise<Reconciled> {
  await pageForMissingGateways(deps, log).catch((error: unknown) =>
    log.error(errorLabel(error), 'people could not be told of a missing gateway; it is tried again'),
  );
  const mended = await reconcile(
    {
      containments: deps.containments,
      denylist: deps.denylist,
      onOrphan: (entry) => pageOrphan(deps, entry),
      audit: (mending, entry) => audit(deps, mending, entry),
      onFault: ({ subject }, cause) =>
        log.error({ subject, ...errorLabel(cause) }, 'a containment could not be mended; it is tried again'),
    },
    now,
  );
  if (mended.rewritten + mended.imported + mended.orphans + mended.overruled > 0)
    log.warn(mended, 'the denylist was mended');
  return mended;
}

/** Once for each state that was made so: the same subject may be imported again when it has become tighter. */
function audit(deps: SweepDeps, mending: Mending, entry: DenylistEntry): Promise<void> {
  const { subject, credentialId, version, status, mode, incidentId } = entry;
  const narrowness = entry.lane ? [entry.lane.maxPerMinute] : [];
  const lane = mode === 'deny-all' ? '' : JSON.stringify([entry.laneUntil ?? null, entry.allow, ...narrowness]);
  return deps.audit.append({
    incidentId,
    workflowRunId: '',
    actor: 'sweep',
    action: mending,
    phase: 'outcome',
    stepKey: ['sweep', mending, subject, status, mode, lane, ...(entry.epoch === undefined ? [] : [entry.epoch])].join(
      '/',
    ),
    detail: { subject, credential: credentialId, version, status, mode, reason: entry.reason },
  });
}

async function pageOrphan(deps: SweepDeps, entry: DenylistEntry): Promise<void> {
  const { provider, ownerTeam } = await ownerOf(deps, entry);
  const notice = {
    kind: 'person-needed',
    incidentId: entry.incidentId,
    runId: '',
    credentialId: entry.credentialId,
    version: entry.version,
    provider,
    ownerTeam,
    severity: 'high',
    reason: entry.reason,
    summary:
      'It was refused by the detection side, but no incident took it over in time. The refusal is permanent now; start an incident.',
    url: deps.incidentUrl(entry.incidentId, ''),
  } as const;
  await tellSecurity(deps, `orphan-hold/${entry.subject}`, renderNotice(notice, 'security'));
}

/** A hold may name a credential that the inventory lost: people are told all the same. */
async function ownerOf(
  deps: SweepDeps,
  entry: DenylistEntry,
): Promise<{ readonly provider: string; readonly ownerTeam: string }> {
  try {
    return await deps.inventory.credential(entry.credentialId);
  } catch (error) {
    if (error instanceof IncidentError && error.code === 'CREDENTIAL_UNKNOWN')
      return { provider: 'unknown', ownerTeam: 'unknown' };
    throw error;
  }
}
