import { Command, Option } from 'commander';
import { CAPABILITIES } from '../../activities/providers/capabilities';
import { createInventory } from '../../activities/store/inventory';
import { blastRadius, type BlastRadius } from '../../domain/blast-radius';
import type { Credential } from '../../domain/credential';
import type { Assessment } from '../../domain/detection';
import type { EscalationStep } from '../../domain/escalation';
import { escalationFor, responsesFor } from '../../domain/policy';
import { isEndedFirst, planResponse, type ResponsePlan } from '../../domain/response-plan';
import { SEVERITIES, type Severity } from '../../domain/severity';
import { wavesOf } from '../../domain/waves';
import { unregisteredSubject } from '../../domain/unregistered-credential';
import { readPolicy } from '../../workers/policy-file';
import { withSession } from '../session';

interface PlanFlags {
  readonly severity: Severity;
  readonly weak: boolean;
  readonly json: boolean;
}

export function planCommand(): Command {
  return new Command('plan')
    .description('What a leak of a credential would get. Nothing is done')
    .argument('<credential>', 'the credential that could leak')
    .addOption(new Option('--severity <severity>', 'how grave the leak would be').choices(SEVERITIES).default('high'))
    .option('--weak', 'on one kind of evidence alone, as one detector gives it', false)
    .option('--json', 'as one line of JSON', false)
    .action(show);
}

async function show(credentialId: string, flags: PlanFlags): Promise<void> {
  await withSession(async ({ database, config }) => {
    const inventory = createInventory(database);
    const credential = await inventory.credential(credentialId);
    const { policy } = readPolicy(config.TOURNIQUET_POLICY_FILE);
    // Every response worker has every provider of the build.
    const hasProvider =
      unregisteredSubject(credentialId) === undefined && Object.hasOwn(CAPABILITIES, credential.provider);
    const can = CAPABILITIES[credential.provider];
    const reach = { hasProvider, canQuarantine: can?.quarantine !== 'none', canMint: can?.secretOrigin !== 'person' };
    const plan = planResponse(credential, evidenceOf(flags), policy, reach);
    const radius = blastRadius(credential, await inventory.credentials());
    const { overlapSeconds } = responsesFor(policy, credential)[flags.severity];
    const sideEffects = plan.leftToPerson ? [] : (can?.sideEffects ?? []);
    const ladder = escalationFor(policy, credential).steps;
    const lines = flags.json
      ? [
          JSON.stringify({
            credential: credential.id,
            policyVersion: policy.version,
            plan,
            sideEffects,
            ladder,
            blastRadius: radius,
          }),
        ]
      : render(credential, plan, radius, {
          policyVersion: policy.version,
          overlapSeconds,
          sideEffects,
          ladder,
        });
    process.stdout.write(`${lines.join('\n')}\n`);
  });
}

function evidenceOf({ severity, weak }: PlanFlags): Assessment {
  return {
    severity,
    confidence: 1,
    families: weak ? ['origin'] : [],
    deterministic: !weak,
    firstAbuseAt: 0,
    reason: 'supposed',
  };
}

const REVOKE: Readonly<Record<ResponsePlan['revoke'], string>> = {
  'when-moved': 'by itself, when every dependent has moved',
  ask: 'when a person says so',
  never: 'not: it stays listed as a tripwire',
};

function replacedBy({ leftToPerson, issuedByPerson }: ResponsePlan, overlapSeconds: number): string {
  if (leftToPerson) return `by a person: ${leftToPerson.join('; ')}`;
  const moved = `dependents have ${overlapSeconds} s to move`;
  return issuedByPerson ? `when a person has given another value; then ${moved}` : moved;
}

function revokedWhen(plan: ResponsePlan): string {
  if (isEndedFirst(plan)) return 'at once and by itself, before anything replaces it';
  return `${REVOKE[plan.revoke]}${plan.revokeAtDeadline ? ', at the latest at the end of that time' : ''}`;
}

interface More {
  readonly policyVersion: number;
  readonly overlapSeconds: number;
  readonly sideEffects: readonly string[];
  readonly ladder: readonly EscalationStep[];
}

function render(
  credential: Credential,
  plan: ResponsePlan,
  radius: BlastRadius,
  { policyVersion, overlapSeconds, sideEffects, ladder }: More,
): readonly string[] {
  const protectedNote =
    credential.protection === 'normal'
      ? []
      : [`  it is a ${credential.protection} credential: a person is asked BEFORE anything is refused`];
  const list = (items: readonly string[]): string => items.join(', ') || 'none';
  return [
    `${credential.id} (${credential.provider}, team ${credential.ownerTeam}), severity ${plan.severity}, policy version ${policyVersion}`,
    `refused:     ${plan.containAtOnce ? 'at once' : 'after a person says so'}, ${plan.quarantine.mode}, by the ${plan.quarantine.enforcedBy}`,
    ...protectedNote,
    `gap:         ${plan.expectedGap}`,
    `replaced:    ${replacedBy(plan, overlapSeconds)}`,
    `revoked:     ${revokedWhen(plan)}`,
    ...(plan.strategy === 'separable' && !plan.leftToPerson
      ? [
          `in waves:    ${
            wavesOf(credential.dependents)
              .map((wave) => wave.join(' and '))
              .join(', then ') || 'none'
          }`,
        ]
      : []),
    ...sideEffects.map((effect) => `besides:     ${effect}`),
    ...ladder.map(
      ({ tell, afterSeconds }) =>
        `asked:       ${tell.join(', ')} ${afterSeconds === 0 ? 'at once' : `after ${afterSeconds} s`}`,
    ),
    ...plan.reasons.map((reason) => `because:     ${reason}`),
    `depend on it: ${list(radius.dependents.map(({ id, owner, criticality }) => `${id} (${owner}, criticality ${criticality})`))}`,
    `could reach:  ${list(radius.scopes)}`,
    `same principal: ${list(radius.samePrincipal)}`,
    `used by the same services: ${list(radius.sameDependents)}`,
  ];
}
