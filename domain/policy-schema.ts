import { z } from 'zod';
import { DEFAULT_BUDGETS, type ActionBudgets } from './action-budget';
import { DEFAULT_POLICY, policyFaults, type Policy } from './policy';
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

const when = z
  .strictObject({ provider: z.string(), environment: z.string(), ownerTeam: z.string(), credential: z.string() })
  .partial()
  .refine((said) => Object.keys(said).length > 0, 'names nothing: write it in severities, for all');

/** A policy as it is written: what is left out stays as it is by default. */
export const policyFile = z
  .strictObject({
    version: count.describe('Raise it with every change: incidents show which one they were started under.'),
    incidentFrom: severity.describe('Below this an assessment is recorded and starts nothing.'),
    holdFrom: severity.describe('From here on gateways refuse before the workflow has started.'),
    holdSeconds: seconds.min(600).describe('How long a hold may wait for its workflow before people are paged.'),
    escalateEverySeconds: seconds.min(60).describe('A person who does not answer is asked again after this long.'),
    severities: responses.describe('What each severity gets.'),
    overrides: z
      .array(z.strictObject({ when, severities: responses }))
      .describe('What differs for some credentials; later ones win.'),
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
  const { budgets, severities = {}, overrides = [], ...rest } = file;
  const policy: Policy = {
    ...DEFAULT_POLICY,
    ...defined(rest),
    severities: {
      critical: { ...DEFAULT_POLICY.severities.critical, ...defined(severities.critical) },
      high: { ...DEFAULT_POLICY.severities.high, ...defined(severities.high) },
      medium: { ...DEFAULT_POLICY.severities.medium, ...defined(severities.medium) },
      low: { ...DEFAULT_POLICY.severities.low, ...defined(severities.low) },
    },
    ...(overrides.length > 0
      ? { overrides: overrides.map((one) => ({ ...one, severities: cleaned(one.severities) })) }
      : {}),
  };
  for (const { path, fault } of policyFaults(policy))
    context.addIssue({ code: 'custom', path: [...path], message: fault });
  return { policy, budgets: { ...DEFAULT_BUDGETS, ...defined(budgets) } };
});

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
