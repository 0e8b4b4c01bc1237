import { z } from 'zod';
import { DEFAULT_BUDGETS, type ActionBudgets } from './action-budget';
import { DEFAULT_ESCALATION, type Escalation } from './escalation';
import { DEFAULT_AUDIENCES, DEFAULT_POLICY, policyFaults, type Policy } from './policy';
import { FAMILIES } from './families';
import { DEFAULT_RISK } from './risk';
import { riskThresholds } from './risk-event';
import { SEVERITIES } from './severity';

const severity = z.enum(SEVERITIES);
const seconds = z
  .number()
  .int()
  .nonnegative()
  .max(86_400 * 30);
const count = z.number().int().positive();

const response = z
  .strictObject({
    overlapSeconds: seconds.describe('How long known contexts may still use the old version while they move.'),
    laneMaxPerMinute: count
      .max(1_000_000)
      .describe(
        'How many requests a minute each gateway lets pass from one known context; five times as many close it.',
      ),
    revoke: z.enum(['when-moved', 'ask', 'never']).describe('When the leaked version is ended for ever.'),
    revokeAtDeadline: z.boolean().describe('Revoke at the end of the overlap even if dependents are missing.'),
    withoutKnownContext: z.enum(['deny-all', 'ask']).describe('What happens where nobody can be told apart.'),
  })
  .partial();

const responses = z.strictObject({ critical: response, high: response, medium: response, low: response }).partial();

const names = z.array(z.string().min(1).max(64)).min(1);

const escalation = z.strictObject({
  steps: z
    .array(
      z.strictObject({
        tell: names.describe('Audiences of the settings file.'),
        afterSeconds: seconds.describe('After the question was asked; rising.'),
      }),
    )
    .min(1)
    .describe('Who is asked, in what order. After the last one it is repeated, less and less often.'),
  onSilence: z
    .strictObject({
      contain: z
        .union([z.strictObject({ afterSeconds: seconds }), z.literal('wait')])
        .describe(
          'Where nobody could be told apart and no abuse was seen. Own and break-glass credentials always wait.',
        ),
      failedStep: z.enum(['try-again', 'wait']).describe('A step that failed.'),
      closeAfterSeconds: z
        .number()
        .int()
        .min(3_600)
        .max(86_400 * 90)
        .describe('When an incident nobody answers is closed, still contained.'),
    })
    .partial()
    .optional(),
});

const described = { provider: z.string(), environment: z.string(), ownerTeam: z.string(), credential: z.string() };

const when = z
  .strictObject(described)
  .partial()
  .refine((said) => Object.keys(said).length > 0, 'names nothing: write it in severities, for all');

const severityRule = z
  .strictObject({
    when: z.strictObject({ ...described, family: z.enum(FAMILIES) }).partial(),
    atLeast: severity.optional(),
    atMost: severity.optional(),
  })
  .refine((rule) => rule.atLeast ?? rule.atMost, 'says neither atLeast nor atMost');

const override = z
  .strictObject({ when, severities: responses.optional(), escalation: escalation.optional() })
  .refine(({ severities, escalation: own }) => severities ?? own, 'changes nothing');

/** A policy as it is written: what is left out stays as it is by default. */
export const policyFile = z
  .strictObject({
    version: count.describe('Raise it with every change: incidents show which one they were started under.'),
    incidentFrom: severity.describe('Below this an assessment is recorded and starts nothing.'),
    holdFrom: severity.describe('From here on gateways refuse before the workflow has started.'),
    holdSeconds: seconds.min(600).describe('How long a hold may wait for its workflow before people are paged.'),
    escalateEverySeconds: seconds.min(60).describe('A person who does not answer is asked again after this long.'),
    severities: responses.describe('What each severity gets.'),
    watchSeconds: seconds.describe('How long a closed incident is watched for drift; 0: not at all.'),
    risk: riskThresholds
      .partial()
      .describe('From what on evidence is taken for what: chances from 0 to 1, each at least the one before.'),
    severityMapping: z
      .array(severityRule)
      .describe('What evidence weighs, where it is not as the detectors say; later rules win.'),
    escalation: escalation.describe('Who is asked when a person is needed, and what silence means.'),
    audiences: z
      .strictObject({ contained: names, resolved: names })
      .partial()
      .describe('Who is told, by moment: audiences of the settings file.'),
    overrides: z.array(override).describe('What differs for some credentials; later ones win.'),
    budgets: z
      .strictObject({ windowSeconds: count, perProvider: count, perTeam: count })
      .partial()
      .describe('How many versions are revoked without a person, a window.'),
  })
  .partial()
  .required({ version: true });

export type PolicyFile = z.input<typeof policyFile>;

export interface CompletePolicy {
  readonly policy: Policy;
  /** Not pinned into incidents: whoever may start one must not raise them. */
  readonly budgets: ActionBudgets;
}

export const DEFAULTS: CompletePolicy = { policy: DEFAULT_POLICY, budgets: DEFAULT_BUDGETS };

/** The file with every default filled in, and its faults: what its shape allows and design.md does not. */
export const completePolicy = policyFile.transform((file, context): CompletePolicy => {
  const { budgets, severities = {}, overrides = [], escalation: ladder, audiences, risk, ...rest } = file;
  const policy: Policy = {
    ...DEFAULT_POLICY,
    ...defined(rest),
    severities: {
      critical: { ...DEFAULT_POLICY.severities.critical, ...defined(severities.critical) },
      high: { ...DEFAULT_POLICY.severities.high, ...defined(severities.high) },
      medium: { ...DEFAULT_POLICY.severities.medium, ...defined(severities.medium) },
      low: { ...DEFAULT_POLICY.severities.low, ...defined(severities.low) },
    },
    ...(ladder ? { escalation: completeLadder(ladder) } : {}),
    audiences: { ...DEFAULT_AUDIENCES, ...defined(audiences) },
    risk: { ...DEFAULT_RISK, ...defined(risk) },
    ...(overrides.length > 0
      ? {
          overrides: overrides.map(({ when: those, severities: said = {}, escalation: own }) => ({
            when: those,
            severities: cleaned(said),
            ...(own ? { escalation: completeLadder(own) } : {}),
          })),
        }
      : {}),
  };
  for (const { path, fault } of policyFaults(policy))
    context.addIssue({ code: 'custom', path: [...path], message: fault });
  return { policy, budgets: { ...DEFAULT_BUDGETS, ...defined(budgets) } };
});

function completeLadder({ steps, onSilence }: z.output<typeof escalation>): Escalation {
  return { steps, onSilence: { ...DEFAULT_ESCALATION.onSilence, ...defined(onSilence) } };
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** A key that is there without a value must not hide a default. */
function defined<T extends object>(given: T | undefined): Defined<T> {
  return Object.fromEntries(Object.entries(given ?? {}).filter(([, value]) => value !== undefined)) as Defined<T>;
}

function cleaned(severities: z.output<typeof responses>): NonNullable<Policy['overrides']>[number]['severities'] {
  return Object.fromEntries(Object.entries(defined(severities)).map(([name, said]) => [name, defined(said)]));
}

/** For editors: what a policy file may hold. */
export function policyJsonSchema(): unknown {
  return { title: 'Tourniquet policy', ...z.toJSONSchema(policyFile, { io: 'input' }) };
}
