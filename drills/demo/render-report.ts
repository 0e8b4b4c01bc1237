import Table from 'cli-table3';
import { brokenPromises, type CredentialReport, type DemoReport } from './report';

const TIMES = [
  ['refusedMs', 'refused at every gateway'],
  ['quarantinedMs', 'quarantined'],
  ['replacedMs', 'replaced'],
  ['revokedMs', 'revoked'],
  ['verifiedMs', 'verified dead'],
  ['notifiedMs', 'outcome told to all'],
  ['closedMs', 'closed'],
] as const satisfies readonly (readonly [keyof CredentialReport, string])[];

const OVERLAP = {
  principals: 'as two principals',
  values: 'as two values',
  none: 'no: there is a gap',
} as const;

/** The table people read at the end of the demo. */
export function renderReport(report: DemoReport): string {
  const table = new Table({
    head: [beginOf(report), ...report.credentials.map((one) => `${one.id} (${one.strategy ?? 'no plan'})`)],
    style: { head: [], border: [] },
  });
  for (const [field, label] of TIMES) table.push([label, ...report.credentials.map((one) => seconds(one[field]))]);
  table.push([
    'attacker successes after refusal',
    ...report.credentials.map((one) => count(one.attackerSuccessesAfterRefusal)),
  ]);
  if (report.credentials.some(({ overlap }) => overlap))
    table.push([
      'old and new together',
      ...report.credentials.map(({ overlap }) => (overlap ? OVERLAP[overlap] : '-')),
    ]);
  table.push(['attacker sessions alive', ...report.credentials.map((one) => count(one.attackerSessionsAlive))]);
  table.push(['people told', ...report.credentials.map((one) => one.audiencesNotified.join(', '))]);
  const broken = brokenPromises(report);
  return [
    table.toString(),
    report.legitimateRequests === null
      ? 'legitimate requests were not watched'
      : `legitimate requests ${report.legitimateRequests}, failed ${report.failedLegitimateRequests}, ambiguous ${report.ambiguousLegitimateRequests}, slowest ${report.slowestLegitimateMs} ms`,
    `audit chain ${report.auditVerified ? 'verified' : 'BROKEN'}`,
    ...report.credentials.flatMap(({ id, url, outcome, leftToPerson, attackerSuccessesInGap: inGap }) => [
      `${id}: ${outcome ?? 'not over'}: ${url}`,
      ...(inGap
        ? [`  gap: what the attacker had worked ${inGap} times more until revocation, which is what ends it there`]
        : []),
      ...(leftToPerson ? [`  left to a person: ${leftToPerson.join('; ')}`] : []),
    ]),
    ...(report.replayed && report.credentials.length === 0
      ? ['No incident: nothing in the recording was flagged.']
      : []),
    broken.length === 0
      ? 'Every promise kept.'
      : `BROKEN PROMISES:\n${broken.map((promise) => `  - ${promise}`).join('\n')}`,
  ].join('\n');
}

function beginOf({ simulated, replayed }: DemoReport): string {
  if (simulated) return 'after the SIMULATED leak';
  return replayed ? 'after the first abusive use was played' : 'after the first abusive event';
}

function count(of: number | null): string {
  return of === null ? '-' : String(of);
}

function seconds(ms: number | null): string {
  return ms === null ? '-' : `${(ms / 1000).toFixed(3)} s`;
}
