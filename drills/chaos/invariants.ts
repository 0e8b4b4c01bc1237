import type { CredentialReport, DemoReport } from '../demo/report';
import type { LoadCounters } from '../estate/load';
import type { Invariant, Verdict } from './experiment';

/** The library of the dependents parks a request for so long and then gives it up by this name: the gap that is stated. */
const STATED_GAP = /CLIENT_PARK_TIMEOUT/;
/** Nobody but the detectors and the gateway stand between a use and its refusal. */
const REFUSED_WITHIN_MS = 2_000;

function ofEach(
  report: DemoReport,
  keeps: (one: CredentialReport) => boolean,
  show: (one: CredentialReport) => string,
): Verdict {
  return {
    kept: report.credentials.length > 0 && report.credentials.every(keeps),
    observed: report.credentials.map((one) => `${one.id}: ${show(one)}`).join('; '),
  };
}

export const endsRecovered: Invariant = {
  name: 'every incident ends recovered, its version verified dead',
  check: (_stage, report) =>
    ofEach(
      report,
      (one) => one.outcome === 'recovered' && one.verifiedMs !== null,
      (one) => one.outcome ?? 'not closed',
    ),
};

export const attackerStaysOut: Invariant = {
  name: 'once refused, the attacker gets nothing any more, and no session of theirs lives',
  check: (_stage, report) =>
    ofEach(
      report,
      (one) => one.attackerSuccessesAfterRefusal === 0 && one.attackerSessionsAlive === 0,
      (one) => `${one.attackerSuccessesAfterRefusal} successes, ${one.attackerSessionsAlive} sessions`,
    ),
};

export const refusedAtTheGateway: Invariant = {
  name: `the gateway refuses the token within ${REFUSED_WITHIN_MS} ms of its first abuse`,
  check(_stage, { credentials }) {
    const token = credentials.find(({ id }) => id === 'reports-token');
    const refusedMs = token?.refusedMs ?? null;
    return { kept: refusedMs !== null && refusedMs <= REFUSED_WITHIN_MS, observed: `${refusedMs} ms` };
  },
};

export const everybodyIsTold: Invariant = {
  name: 'engineering, security and product are told',
  check: (_stage, report) =>
    ofEach(
      report,
      (one) => one.audiencesNotified.length === 3,
      (one) => one.audiencesNotified.join(', ') || 'nobody',
    ),
};

export const nothingIsDoneTwice: Invariant = {
  name: 'nothing is done twice: one replacement lives, the leaked version is revoked',
  async check({ scene }) {
    const found = await Promise.all(
      scene.estate.credentials.map(async ({ id }) => {
        const versions = await scene.deps.inventory.versions(id);
        const live = versions.filter(({ state }) => state === 'live');
        return {
          id,
          kept: live.length === 1 && versions[0]?.state === 'revoked',
          states: versions.map(({ state }) => state),
        };
      }),
    );
    return {
      kept: found.every(({ kept }) => kept),
      observed: found.map(({ id, states }) => `${id}: ${states.join(', ')}`).join('; '),
    };
  },
};

export const auditIsWhole: Invariant = {
  name: 'the audit log verifies against its signed checkpoints',
  check: (_stage, { auditVerified }) => ({ kept: auditVerified, observed: auditVerified ? 'verified' : 'BROKEN' }),
};

/**
 * Who uses the token through the gateway keeps its lane and notices nothing. Who uses the password directly at the database is refused with
 * the attacker until the replacement is pushed: a request may wait for its whole time, and then end by that name and no other.
 */
export const onlyTheStatedGap: Invariant = {
  name: 'the token’s services notice nothing; the password’s at most the gap that the plan states',
  async check({ scene }, { ambiguousLegitimateRequests }) {
    const counted = await Promise.all(
      scene.estate.services.map(async (service) => ({
        name: service.name,
        counters: (await service.counters()) as LoadCounters,
      })),
    );
    const unstated = counted.flatMap(({ name, counters }) =>
      Object.entries(counters.errors)
        .filter(([error]) => !(name.startsWith('orders-') && STATED_GAP.test(error)))
        .map(([error, count]) => `${name}: ${count} × ${error}`),
    );
    const failed = counted.reduce((total, { counters }) => total + counters.failed, 0);
    return {
      kept: unstated.length === 0 && ambiguousLegitimateRequests === 0,
      observed: unstated.join('; ') || `${failed} requests waited their whole time and gave up`,
    };
  },
};

/** What holds whatever is broken. */
export const ALWAYS: readonly Invariant[] = [
  endsRecovered,
  attackerStaysOut,
  refusedAtTheGateway,
  nothingIsDoneTwice,
  everybodyIsTold,
  auditIsWhole,
];
