import type { Milestone } from '../../domain/incident';
import type { IncidentView } from '../../workflows/messages';
import type { CredentialReport } from './report';

type Times = Pick<
  CredentialReport,
  'quarantinedMs' | 'replacedMs' | 'revokedMs' | 'verifiedMs' | 'notifiedMs' | 'closedMs'
>;

/** When an incident reached what, after `begin`; null for what never came, or where there is no begin to count from. */
export function timesOf(view: IncidentView | undefined, begin: number | null): Times {
  const since = (milestone: Milestone): number | null => {
    const at = view?.incident.milestones[milestone];
    return at === undefined || begin === null ? null : at - begin;
  };
  return {
    quarantinedMs: since('contained'),
    replacedMs: since('moved'),
    revokedMs: since('revoked'),
    verifiedMs: since('verified'),
    notifiedMs: since('notified'),
    closedMs: since('closed'),
  };
}
