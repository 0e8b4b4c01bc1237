import type { Strategy } from '../../domain/response-plan';
import type { AttackSummary } from '../estate/attack-log';
import type { LoadCounters } from '../estate/load';

/** Times are milliseconds from the first abusive event; null where a time does not apply, or never came. */
export interface CredentialReport {
  readonly id: string;
  readonly provider: string;
  readonly strategy: Strategy | null;
  readonly refusedMs: number | null;
  readonly quarantinedMs: number | null;
  readonly replacedMs: number | null;
  readonly revokedMs: number | null;
  readonly verifiedMs: number | null;
  readonly notifiedMs: number | null;
  readonly closedMs: number | null;
  readonly attackerSuccessesAfterRefusal: number;
  readonly attackerSessionsAlive: number;
  readonly audiencesNotified: readonly string[];
  readonly outcome: string | null;
  readonly workflowId: string;
  readonly runId: string;
  readonly url: string;
}

export interface DemoReport {
  readonly credentials: readonly CredentialReport[];
  readonly legitimateRequests: number;
  readonly failedLegitimateRequests: number;
  readonly ambiguousLegitimateRequests: number;
  readonly slowestLegitimateMs: number;
  readonly incidentsBeforeTheLeak: number;
  readonly auditVerified: boolean;
  readonly temporalUi: string;
}

/** Successes begun after the refusal was in force. Those that had begun before may have been answered later: they came in time. */
export function successesAfter(attack: AttackSummary, refusedAt: number | null): number {
  return refusedAt === null
    ? attack.successes.length
    : attack.successes.filter((begunAt) => begunAt > refusedAt).length;
}

export function sumLoad(
  counters: readonly LoadCounters[],
): Pick<
  DemoReport,
  'legitimateRequests' | 'failedLegitimateRequests' | 'ambiguousLegitimateRequests' | 'slowestLegitimateMs'
> {
  const sum = (field: 'requests' | 'failed' | 'ambiguous'): number =>
    counters.reduce((total, one) => total + one[field], 0);
  return {
    legitimateRequests: sum('requests'),
    failedLegitimateRequests: sum('failed'),
    ambiguousLegitimateRequests: sum('ambiguous'),
    slowestLegitimateMs: Math.max(0, ...counters.map((one) => one.slowestMs)),
  };
}

/** Every promise that was not kept, in words; none means success. */
export function brokenPromises(report: DemoReport): readonly string[] {
  const broken: string[] = [];
  const demand = (kept: boolean, promise: string): void => void (kept || broken.push(promise));
  for (const one of report.credentials) {
    demand(
      one.outcome === 'recovered',
      `${one.id}: the incident ends recovered (it is ${one.outcome ?? 'not closed'})`,
    );
    demand(
      one.attackerSuccessesAfterRefusal === 0,
      `${one.id}: no attacker request works after the refusal (${one.attackerSuccessesAfterRefusal} did)`,
    );
    demand(one.attackerSessionsAlive === 0, `${one.id}: no attacker session lives (${one.attackerSessionsAlive} do)`);
    demand(
      one.audiencesNotified.length === 3,
      `${one.id}: three audiences are told (${one.audiencesNotified.join(', ') || 'none'} were)`,
    );
    demand(one.quarantinedMs !== null && one.verifiedMs !== null, `${one.id}: it is quarantined and verified dead`);
  }
  demand(report.legitimateRequests > 0, 'legitimate requests were made');
  demand(report.failedLegitimateRequests === 0, `no legitimate request fails (${report.failedLegitimateRequests} did)`);
  demand(
    report.ambiguousLegitimateRequests === 0,
    `no legitimate request ends ambiguously (${report.ambiguousLegitimateRequests} did)`,
  );
  demand(report.incidentsBeforeTheLeak === 0, `normal life raises no incident (${report.incidentsBeforeTheLeak} did)`);
  demand(report.auditVerified, 'the audit chain verifies');
  return broken;
}
