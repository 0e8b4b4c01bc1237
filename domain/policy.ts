import type { Credential } from './credential';
import { DEFAULT_ESCALATION, type Escalation } from './escalation';
import { DEFAULT_RISK, riskFaults, type RiskThresholds } from './risk';
import type { SeverityRule } from './severity-mapping';
import { atLeast, SEVERITIES, type Severity } from './severity';

/** What one severity gets; design.md's table, as data. */
export interface SeverityResponse {
  /** How long known contexts may still use the old version while they move, in seconds. */
  readonly overlapSeconds: number;
  /**
   * How many requests a minute each gateway lets pass from one known context in that time; five times as many close the lane. Absent, as
   * in incidents of builds that knew no such limit: any number.
   */
  readonly laneMaxPerMinute?: number | undefined;
  /** `when-moved`: at once when all dependents have moved. `ask`: a person decides. `never`: tripwire only. */
  readonly revoke: 'when-moved' | 'ask' | 'never';
  /** At the end of the overlap revoke even if dependents are missing. */
  readonly revokeAtDeadline: boolean;
  /** Without any known context: contain all of it (`deny-all`) or only watch and ask (`ask`). */
  readonly withoutKnownContext: 'deny-all' | 'ask';
}

export type SeverityResponses = Readonly<Record<Severity, SeverityResponse>>;

/** What differs for some credentials: all that is named in `when` must fit. Later overrides win over earlier ones. */
export interface PolicyOverride {
  readonly when: {
    readonly provider?: string | undefined;
    readonly environment?: string | undefined;
    readonly ownerTeam?: string | undefined;
    readonly credential?: string | undefined;
  };
  readonly severities: Readonly<Partial<Record<Severity, Readonly<Partial<SeverityResponse>>>>>;
  /** In place of the policy's own. */
  readonly escalation?: Escalation | undefined;
}

/** Pinned into an incident at its start: a change of the file never reaches an incident that runs. */
export interface Policy {
  readonly version: number;
  /** Below this an assessment is recorded and starts nothing. */
  readonly incidentFrom: Severity;
  /** From here on the detection side writes a hold by itself. */
  readonly holdFrom: Severity;
  /** How long a hold may wait for its workflow, in seconds; design.md rule 3: ten minutes or more. */
  readonly holdSeconds: number;
  /** A person who does not answer is asked again after this long, in seconds. */
  readonly escalateEverySeconds: number;
  readonly severities: SeverityResponses;
  /** Missing in incidents from before there were ladders. */
  readonly escalation?: Escalation;
  /** Who is told at which moment; whoever is asked is said by the ladder. */
  readonly audiences?: Readonly<Record<ToldMoment, readonly string[]>>;
  /** How long a closed incident is watched for drift, in seconds; 0: not at all. Missing in incidents from before there was a watch. */
  readonly watchSeconds?: number;
  /** From what on evidence is taken for what. The detection side weighs by it; an incident shows it. Missing in incidents from before it could be set. */
  readonly risk?: RiskThresholds;
  /** What evidence weighs, where it is not as the detectors say. */
  readonly severityMapping?: readonly SeverityRule[];
  readonly overrides?: readonly PolicyOverride[];
}

/** The moments at which people are told without being asked. */
export type ToldMoment = 'contained' | 'resolved';

const EVERYBODY = ['engineering', 'security', 'product'] as const;

export const DEFAULT_AUDIENCES: Readonly<Record<ToldMoment, readonly string[]>> = {
  contained: EVERYBODY,
  resolved: EVERYBODY,
};

/** Fifty a second at each gateway: more than one service does with one credential, so that only what is out of all proportion meets it. */
const LANE_MAX_PER_MINUTE = 3_000;

export const DEFAULT_POLICY: Policy = {
  version: 1,
  incidentFrom: 'medium',
  holdFrom: 'high',
  holdSeconds: 600,
  escalateEverySeconds: 900,
  severities: {
    critical: {
      overlapSeconds: 60,
      laneMaxPerMinute: LANE_MAX_PER_MINUTE,
      revoke: 'when-moved',
      revokeAtDeadline: true,
      withoutKnownContext: 'deny-all',
    },
    high: {
      overlapSeconds: 900,
      laneMaxPerMinute: LANE_MAX_PER_MINUTE,
      revoke: 'when-moved',
      revokeAtDeadline: true,
      withoutKnownContext: 'deny-all',
    },
    medium: {
      overlapSeconds: 14_400,
      laneMaxPerMinute: LANE_MAX_PER_MINUTE,
      revoke: 'when-moved',
      revokeAtDeadline: false,
      withoutKnownContext: 'ask',
    },
    low: {
      overlapSeconds: 86_400,
      laneMaxPerMinute: LANE_MAX_PER_MINUTE,
      revoke: 'when-moved',
      revokeAtDeadline: false,
      withoutKnownContext: 'ask',
    },
  },
  watchSeconds: 7 * 86_400,
  risk: DEFAULT_RISK,
  escalation: DEFAULT_ESCALATION,
  audiences: DEFAULT_AUDIENCES,
};

/** Who is asked about an incident of this credential, and what happens when nobody answers. */
export function escalationFor(policy: Policy, credential: Described): Escalation {
  const own = (policy.overrides ?? []).findLast(({ when, escalation }) => escalation && concerns(when, credential));
  return own?.escalation ?? policy.escalation ?? DEFAULT_ESCALATION;
}

/** How long a closed incident is watched, in seconds. */
export function watchSecondsOf({ watchSeconds = 0 }: Policy): number {
  return watchSeconds;
}

/** By what evidence is weighed. */
export function riskOf({ risk = DEFAULT_RISK }: Policy): RiskThresholds {
  return risk;
}

/** Who is told at a moment. */
export function audiencesFor(policy: Policy, moment: ToldMoment): readonly string[] {
  return (policy.audiences ?? DEFAULT_AUDIENCES)[moment];
}

/** What the policy may differ by. */
export type Described = Pick<Credential, 'id' | 'provider' | 'ownerTeam' | 'environment'>;

/**
 * What a credential gets at each severity, its overrides applied. A graver leak never gives more time, or a wider lane, than a lesser one,
 * whatever several overrides say together.
 */
export function responsesFor(policy: Policy, credential: Described): SeverityResponses {
  const said = (policy.overrides ?? [])
    .filter(({ when }) => concerns(when, credential))
    .reduce((responses, override) => applied(responses, override), policy.severities);
  let longest = Infinity;
  let widest = Infinity;
  const entries = SEVERITIES.map((severity) => {
    longest = Math.min(longest, said[severity].overlapSeconds);
    widest = Math.min(widest, said[severity].laneMaxPerMinute ?? Infinity);
    const lane = widest === Infinity ? {} : { laneMaxPerMinute: widest };
    return [severity, { ...said[severity], overlapSeconds: longest, ...lane }];
  });
  return Object.fromEntries(entries) as SeverityResponses;
}

/** Where a credential's environment is not said, it is the one where a mistake costs most. */
const DEFAULT_ENVIRONMENT = 'production';

/** Whether all that `when` names fits. */
export function concerns(when: PolicyOverride['when'], credential: Described): boolean {
  const facts = {
    provider: credential.provider,
    environment: credential.environment ?? DEFAULT_ENVIRONMENT,
    ownerTeam: credential.ownerTeam,
    credential: credential.id,
  };
  return (Object.keys(facts) as (keyof typeof facts)[]).every(
    (name) => when[name] === undefined || when[name] === facts[name],
  );
}

function applied(responses: SeverityResponses, { severities }: PolicyOverride): SeverityResponses {
  const entries = SEVERITIES.map((severity) => [severity, { ...responses[severity], ...severities[severity] }]);
  return Object.fromEntries(entries) as SeverityResponses;
}

/** The longest overlap a severity may give, in seconds: design.md's table. */
const LONGEST_OVERLAP: Readonly<Record<Severity, number>> = { critical: 60, high: 900, medium: 14_400, low: 86_400 };

/** One thing a policy may not say, and where it says it. */
export interface PolicyFault {
  readonly path: readonly (string | number)[];
  readonly fault: string;
}

/**
 * What no policy may say, whoever writes it: design.md, "Severity and strategy" and rule 2. An override is held to the same, on its own
 * and on top of what it changes.
 */
export function policyFaults(policy: Policy): readonly PolicyFault[] {
  const faults: PolicyFault[] = [...responseFaults(policy.severities, ['severities'])];
  (policy.overrides ?? []).forEach((override, index) => {
    const path = ['overrides', index, 'severities'];
    faults.push(...responseFaults(applied(policy.severities, override), path, override.severities));
  });
  const ladders = [
    { ladder: policy.escalation, path: ['escalation'] },
    ...(policy.overrides ?? []).map(({ escalation }, index) => ({
      ladder: escalation,
      path: ['overrides', index, 'escalation'],
    })),
  ];
  for (const { ladder, path } of ladders) faults.push(...ladderFaults(ladder, path));
  (policy.severityMapping ?? []).forEach(({ atLeast: least, atMost }, index) => {
    const path = ['severityMapping', index, 'atMost'];
    if (atMost && !atLeast(atMost, policy.incidentFrom))
      faults.push({ path, fault: 'is below incidentFrom: evidence would start nothing' });
    if (atMost && least && !atLeast(atMost, least)) faults.push({ path, fault: 'is below atLeast' });
  });
  for (const { field, fault } of riskFaults(riskOf(policy))) faults.push({ path: ['risk', field], fault });
  if (!atLeast(policy.holdFrom, policy.incidentFrom))
    faults.push({
      path: ['holdFrom'],
      fault: 'is below incidentFrom: what is held must have an incident that adopts it',
    });
  if (!atLeast('high', policy.incidentFrom))
    faults.push({ path: ['incidentFrom'], fault: 'is above high: confident abuse must start an incident' });
  return faults;
}

/**
 * Each step comes later than the one before; the first comes at once, or nobody would know of the question, and the last while the incident
 * is open.
 */
function ladderFaults(ladder: Escalation | undefined, path: PolicyFault['path']): readonly PolicyFault[] {
  const closes = ladder?.onSilence.closeAfterSeconds ?? Infinity;
  return (ladder?.steps ?? []).flatMap(({ afterSeconds }, index, steps) => {
    const before = steps[index - 1];
    const at = [...path, 'steps', index, 'afterSeconds'];
    if (!before) return afterSeconds === 0 ? [] : [{ path: at, fault: 'must be 0: somebody is asked at once' }];
    if (afterSeconds <= before.afterSeconds) return [{ path: at, fault: 'does not come after the step before it' }];
    return afterSeconds < closes ? [] : [{ path: at, fault: 'never comes: the incident is closed by then' }];
  });
}

function responseFaults(
  responses: SeverityResponses,
  path: PolicyFault['path'],
  said: PolicyOverride['severities'] = responses,
): readonly PolicyFault[] {
  return SEVERITIES.flatMap((severity, index) => {
    const { overlapSeconds, laneMaxPerMinute = Infinity, withoutKnownContext, revoke } = responses[severity];
    const lower = SEVERITIES[index - 1];
    const at = (field: string): PolicyFault['path'] => [...path, severity, field];
    const grave = atLeast(severity, 'high');
    return said[severity] === undefined
      ? []
      : [
          ...(overlapSeconds > LONGEST_OVERLAP[severity]
            ? [{ path: at('overlapSeconds'), fault: `is more than ${LONGEST_OVERLAP[severity]}` }]
            : []),
          ...(lower && overlapSeconds > responses[lower].overlapSeconds
            ? [{ path: at('overlapSeconds'), fault: `gives more time than ${lower} does` }]
            : []),
          ...(lower && laneMaxPerMinute > (responses[lower].laneMaxPerMinute ?? Infinity)
            ? [{ path: at('laneMaxPerMinute'), fault: `gives a wider lane than ${lower} does` }]
            : []),
          ...(grave && withoutKnownContext === 'ask'
            ? [
                {
                  path: at('withoutKnownContext'),
                  fault: 'must be deny-all: containment is never left out at high or above',
                },
              ]
            : []),
          ...(grave && revoke === 'never' ? [{ path: at('revoke'), fault: 'must not be never at high or above' }] : []),
        ];
  });
}
