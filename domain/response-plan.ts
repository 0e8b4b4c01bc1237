import type { Credential } from './credential';
import type { Assessment } from './detection';
import { responsesFor, type Policy } from './policy';
import { unregisteredSubject } from './unregistered-credential';

/** Can attacker and dependents be told apart? `separable`: at a gateway, by known contexts. */
export type Strategy = 'separable' | 'inseparable';

export interface ResponsePlan {
  readonly strategy: Strategy;
  readonly severity: Assessment['severity'];
  /** How the leaked version is contained, and who enforces it. */
  readonly quarantine: {
    readonly mode: 'deny-all' | 'known-contexts-only';
    readonly enforcedBy: 'gateway' | 'provider';
  };
  /** How long known contexts may still use the old version; 0 where there is no lane. */
  readonly overlapSeconds: number;
  /** How narrow the lane of known contexts is; absent where there is none, and in plans of builds that knew no limit. */
  readonly lane?: { readonly maxPerMinute: number };
  /** False: a person is asked before anything is refused, since nobody could be told apart and no abuse was seen. */
  readonly containAtOnce: boolean;
  readonly revoke: 'when-moved' | 'ask' | 'never';
  readonly revokeAtDeadline: boolean;
  /** Its provider can refuse it only by ending it: until then only gateways do. */
  readonly endsOnly?: true;
  /** Nobody but a person can have another value issued there. */
  readonly issuedByPerson?: true;
  /** What nobody but a person can do, in order; absent where Tourniquet does all of it. */
  readonly leftToPerson?: readonly string[];
  /** What dependents will notice, in one sentence. */
  readonly expectedGap: string;
  /** Why it is this plan: one sentence a decision, for people. */
  readonly reasons: readonly string[];
}

/** What can be done where it was issued. */
export interface ProviderReach {
  /** Whether it is registered, and the provider that issued it is configured here. */
  readonly hasProvider?: boolean | undefined;
  /** Whether that can refuse a version for now, so that a person may set it free again. */
  readonly canQuarantine?: boolean | undefined;
  /** Whether it issues another value to us, and not to a person only. */
  readonly canMint?: boolean | undefined;
}

/**
 * The response to a leak, from what is known and what the policy says; pure, so that a dry run, a test and the real thing
 * agree. Containment is never left out at `high` or above; only what cannot be undone may wait for a person.
 */
export function planResponse(
  credential: Credential,
  evidence: Assessment,
  policy: Policy,
  { hasProvider = true, canQuarantine = true, canMint = true }: ProviderReach = {},
): ResponsePlan {
  const plan = planWithProvider(credential, evidence, policy);
  if (!hasProvider) return withoutProvider(plan, credential);
  const reached = canQuarantine ? plan : endedOnly(plan, credential);
  return canMint ? reached : replacedByPerson(reached, credential);
}

/**
 * Whether it is ended before anything replaces it: where it can be refused in no other way, whoever abuses it must not go on until a person has come. By
 * itself only where the policy also refuses it to everybody and revokes it without a person.
 */
export function isEndedFirst({ issuedByPerson, endsOnly, strategy, containAtOnce, revoke }: ResponsePlan): boolean {
  return (
    issuedByPerson === true &&
    endsOnly === true &&
    strategy === 'inseparable' &&
    containAtOnce &&
    revoke === 'when-moved'
  );
}

/**
 * Whether it is ended when the lane of its known contexts is over, though nothing replaces it yet: by then gateways refuse it to all who depend on it, and whoever
 * abuses it goes to its provider.
 */
export function isEndedAfterLane({
  issuedByPerson,
  endsOnly,
  strategy,
  revoke,
  revokeAtDeadline,
}: ResponsePlan): boolean {
  return (
    issuedByPerson === true &&
    endsOnly === true &&
    strategy === 'separable' &&
    revoke === 'when-moved' &&
    revokeAtDeadline
  );
}

/** Whether what the plan refuses to everybody can be refused where it was issued, and not by gateways alone. */
export function reachesProvider({ endsOnly, leftToPerson }: ResponsePlan): boolean {
  return !endsOnly && !leftToPerson;
}

/**
 * Where it works though it is contained, for people; undefined where nothing more can be refused than is. Until it is ended there, which it may have been
 * (`mayBeEnded`): by an attempt that nobody heard of, or by a person.
 */
export function worksAt(
  plan: ResponsePlan | undefined,
  { provider }: Pick<Credential, 'provider'>,
  mayBeEnded: boolean,
): string | undefined {
  if (!plan || reachesProvider(plan)) return undefined;
  return mayBeEnded
    ? `Whether it still works at ${provider} is NOT known: end it there if it does.`
    : `At ${provider} it STILL WORKS until it is ended there.`;
}

/** For one that a person has said not to revoke: only a person can have it revoked, whatever has come since. */
export function askedToRevoke(plan: ResponsePlan): ResponsePlan {
  if (plan.revoke === 'never') return plan;
  const reasons = [...plan.reasons, 'A person has said before not to revoke it: that is asked again.'];
  return { ...plan, revoke: 'ask', revokeAtDeadline: false, reasons };
}

/** For a version that was ended once, and works again or was never proven dead: nobody depends on it, so nobody keeps a lane. */
export function planForDead({ lane: _nobodys, ...plan }: ResponsePlan, why: 'works again' | 'unproven'): ResponsePlan {
  return {
    ...plan,
    strategy: 'inseparable',
    quarantine: { ...plan.quarantine, mode: 'deny-all' },
    overlapSeconds: 0,
    containAtOnce: true,
    revoke: 'when-moved',
    revokeAtDeadline: true,
    expectedGap:
      why === 'works again'
        ? 'No gap: its dependents use the replacement.'
        : 'Whoever had not moved when it was revoked has no version that works until they have.',
    reasons: [
      why === 'works again'
        ? 'It was revoked and works again: it is refused to everybody and ended once more.'
        : 'It was revoked and never proven dead: it is ended once more, and proven.',
      ...(plan.endsOnly ? ['Until then its provider can refuse it in no way.'] : []),
    ],
  };
}

function planWithProvider(credential: Credential, evidence: Assessment, policy: Policy): ResponsePlan {
  const response = responsesFor(policy, credential)[evidence.severity];
  const seenByGateway = credential.enforcement === 'gateway';
  const separable = seenByGateway && credential.knownContexts.length > 0;
  const strategy: Strategy = separable ? 'separable' : 'inseparable';
  const irreversibleAllowed = evidence.deterministic || new Set(evidence.families).size >= 2;
  const revoke = response.revoke === 'when-moved' && !irreversibleAllowed ? 'ask' : response.revoke;
  return {
    strategy,
    severity: evidence.severity,
    quarantine: {
      mode: separable ? 'known-contexts-only' : 'deny-all',
      enforcedBy: seenByGateway ? 'gateway' : 'provider',
    },
    overlapSeconds: separable ? response.overlapSeconds : 0,
    ...(separable && response.laneMaxPerMinute !== undefined
      ? { lane: { maxPerMinute: response.laneMaxPerMinute } }
      : {}),
    containAtOnce: separable || response.withoutKnownContext === 'deny-all',
    revoke,
    revokeAtDeadline: response.revokeAtDeadline,
    expectedGap:
      separable && response.overlapSeconds > 0
        ? 'No gap: dependents keep a narrow lane until each has moved.'
        : 'A short gap: dependents with the client library wait for the replacement (up to 5 s); others fail until they have it.',
    reasons: [
      separable
        ? 'The gateway can tell the known contexts of its dependents from everyone else.'
        : seenByGateway
          ? 'No known context is registered, so nobody can be told apart: all use is refused.'
          : `Only ${credential.provider} sees its use: nobody can be told apart, so all use is refused there.`,
      irreversibleAllowed
        ? evidence.deterministic
          ? 'A deterministic indicator allows revoking without a person.'
          : `Independent evidence (${[...new Set(evidence.families)].join(', ')}) allows revoking without a person.`
        : 'One kind of evidence alone: a person decides about revoking.',
    ],
  };
}

/** Where a value can only be ended, refusing it waits until its dependents have the next one: ending it first would cut them off. */
function endedOnly(plan: ResponsePlan, { provider, enforcement }: Credential): ResponsePlan {
  const endsOnly = { ...plan, endsOnly: true } as const;
  const works = `At ${provider} it works until it is revoked, which is when its dependents have moved.`;
  if (enforcement === 'gateway') return { ...endsOnly, reasons: [...plan.reasons, works] };
  return {
    ...endsOnly,
    quarantine: { ...plan.quarantine, enforcedBy: 'gateway' },
    expectedGap: `${works} Whoever has not moved then has no value that works.`,
    reasons: [
      `${provider} can refuse a value only by ending it: it is listed, replaced and revoked.`,
      ...plan.reasons.slice(1),
    ],
  };
}

function replacedByPerson(plan: ResponsePlan, { provider, protection }: Credential): ResponsePlan {
  const byPerson = { ...plan, issuedByPerson: true } as const;
  const moves = 'Its dependents move when a person has given another value.';
  const gap = isEndedFirst(byPerson)
    ? `${protection === 'normal' ? 'Unless another value is there already, it is ended before anything replaces it' : 'A person is asked whether to end it before anything replaces it'}: its dependents then have none that works until a person has given one.`
    : plan.overlapSeconds > 0
      ? `${moves} They keep a narrow lane for ${plan.overlapSeconds} s; whoever has not moved then has no value that works${isEndedAfterLane(byPerson) ? ', since it is ended' : ''}.`
      : `${moves} ${plan.expectedGap}`;
  return {
    ...byPerson,
    expectedGap: gap,
    reasons: [...plan.reasons, `${provider} shows a new value only to a person who asks for it there.`],
  };
}

/** What is left when nobody here may speak with the provider: refusing it where our gateways see it, and telling people the truth. */
function withoutProvider(plan: ResponsePlan, { id, provider, enforcement }: Credential): ResponsePlan {
  // Refusing what no dependent is registered for harms nobody we know of, and can be lifted.
  const isNobodys = unregisteredSubject(id) !== undefined;
  return {
    ...plan,
    quarantine: { ...plan.quarantine, enforcedBy: 'gateway' },
    containAtOnce: plan.containAtOnce || isNobodys,
    revoke: 'ask',
    revokeAtDeadline: false,
    leftToPerson: [`disable it at ${provider}`, 'issue a replacement', 'move whoever uses it', 'check that it is dead'],
    expectedGap:
      enforcement === 'gateway'
        ? 'Whoever uses it is refused until a person has issued a replacement.'
        : `Where its use does not pass a gateway it STILL WORKS, until a person disables it at ${provider}.`,
    reasons: [
      isNobodys
        ? `Nobody registered it: no owner, dependent or known context is known, and nothing is done to it at ${provider}.`
        : `No provider is configured for ${provider}: it can be listed at the gateways, and nothing else.`,
    ],
  };
}
