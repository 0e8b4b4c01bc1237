import type { ProviderCapabilities } from '../../domain/ports/credential-provider';
import type { Strategy } from '../../domain/response-plan';
import type { AttackSummary } from '../estate/attack-log';
import type { LoadCounters } from '../estate/load';

/** Times are milliseconds from the first abusive event; null where something does not apply, or never came. */
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
  readonly attackerSuccessesAfterRefusal: number | null;
  readonly attackerSessionsAlive: number | null;
  /** The system keeps no sessions that could be counted. */
  readonly keepsNoSessions?: true;
  /** How old and new live together there. */
  readonly overlap?: ProviderCapabilities['overlap'];
  /** Uses between quarantine and revocation, where a value can only be ended, or the tokens that an attacker was given for it only end with it. */
  readonly attackerSuccessesInGap?: number;
  readonly audiencesNotified: readonly string[];
  readonly outcome: string | null;
  /** What Tourniquet could not do itself and did not: a person must. */
  readonly leftToPerson?: readonly string[];
  readonly workflowId: string;
  readonly runId: string;
  readonly url: string;
}

export interface DemoReport {
  /** An exercise on a credential of the user's own: nothing leaked, so there is no attacker and no load to count. */
  readonly simulated?: true;
  /** Recorded use was played: there is no attacker and no load to count. */
  readonly replayed?: {
    readonly records: number;
    readonly uses: number;
    readonly keys: number;
    readonly ignored: number;
    readonly malformed: number;
  };
  readonly credentials: readonly CredentialReport[];
  readonly legitimateRequests: number | null;
  readonly failedLegitimateRequests: number | null;
  readonly ambiguousLegitimateRequests: number | null;
  readonly slowestLegitimateMs: number | null;
  readonly incidentsBeforeTheLeak: number | null;
  readonly auditVerified: boolean;
  readonly temporalUi: string;
}

/** Successes begun after the refusal was in force. Those that had begun before may have been answered later: they came in time. */
export function successesAfter(attack: AttackSummary, refusedAt: number | null): number {
  return refusedAt === null
    ? attack.successes.length
    : attack.successes.filter((begunAt) => begunAt > refusedAt).length;
}

export function sumLoad(counters: readonly LoadCounters[]): {
  readonly legitimateRequests: number;
  readonly failedLegitimateRequests: number;
  readonly ambiguousLegitimateRequests: number;
  readonly slowestLegitimateMs: number;
} {
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
  /** An exercise and a recording have nobody to count; where somebody was to be counted, not knowing is no success. */
  const notCounted = report.simulated === true || report.replayed !== undefined;
  const demandNone = (count: number | null, promise: string): void =>
    demand(count === 0 || (count === null && notCounted), promise);
  for (const one of report.credentials) {
    const waitsForPerson = one.leftToPerson !== undefined || report.replayed !== undefined;
    demand(
      one.outcome === 'recovered' || (waitsForPerson && one.outcome === 'contained-waiting-for-person'),
      `${one.id}: the incident ends recovered (it is ${one.outcome ?? 'not closed'})`,
    );
    demandNone(
      one.attackerSuccessesAfterRefusal,
      `${one.id}: no attacker request works after the refusal (${one.attackerSuccessesAfterRefusal} did)`,
    );
    if (!one.keepsNoSessions)
      demandNone(one.attackerSessionsAlive, `${one.id}: no attacker session lives (${one.attackerSessionsAlive} do)`);
    demand(
      one.audiencesNotified.length === 3,
      `${one.id}: three audiences are told (${one.audiencesNotified.join(', ') || 'none'} were)`,
    );
    demand(
      one.quarantinedMs !== null && (one.verifiedMs !== null || one.outcome === 'contained-waiting-for-person'),
      `${one.id}: it is quarantined and verified dead`,
    );
  }
  if (report.replayed) {
    const { records, uses, malformed } = report.replayed;
    demand(uses > 0, 'the recording holds uses of access keys (none was found)');
    demand(malformed * 2 <= records, `the recording can be read (${malformed} of ${records} records are malformed)`);
  }
  demand(notCounted || (report.legitimateRequests ?? 0) > 0, 'legitimate requests were made');
  demandNone(report.failedLegitimateRequests, `no legitimate request fails (${report.failedLegitimateRequests} did)`);
  demandNone(
    report.ambiguousLegitimateRequests,
    `no legitimate request ends ambiguously (${report.ambiguousLegitimateRequests} did)`,
  );
  demandNone(report.incidentsBeforeTheLeak, `normal life raises no incident (${report.incidentsBeforeTheLeak} did)`);
  demand(report.auditVerified, 'the audit chain verifies');
  return broken;
}
