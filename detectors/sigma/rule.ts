import { z } from 'zod';
import { IncidentError } from '../../domain/errors';
import { MOST_DISTINCT } from '../../domain/usage-event';
import { describeIssues } from '../sources/mapped';

/** Sigma's levels; `informational` says nothing by itself. */
export const SIGMA_LEVELS = ['informational', 'low', 'medium', 'high', 'critical'] as const;

export type SigmaLevel = (typeof SIGMA_LEVELS)[number];

/** What a rule of ours may say beyond the standard, which leaves other attributes to whoever runs it. */
const ours = z
  .strictObject({
    burst: z.number().int().min(2).max(1000),
    /** A field that names what is touched, or several of which a record has one: then different things are counted. */
    distinct: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]).optional(),
  })
  .refine(({ burst, distinct }) => distinct === undefined || burst <= MOST_DISTINCT, { path: ['burst'] });

const logSource = z.looseObject({
  product: z.string().nullish(),
  service: z.string().nullish(),
  category: z.string().nullish(),
});

/** Of a rule, what decides; titles and ids are shown, all else is for people. */
const sigmaRule = z.looseObject({
  /** Optional by the specification: then the title stands for it. */
  id: z.string().min(1).max(64).optional(),
  title: z.string().min(1).max(256),
  level: z.enum(SIGMA_LEVELS).default('medium'),
  logsource: logSource,
  tourniquet: ours.optional(),
  detection: z.looseObject({ condition: z.union([z.string(), z.array(z.string()).min(1)]) }),
});

export type LogSource = z.infer<typeof logSource>;
export type SigmaRule = z.infer<typeof sigmaRule> & { readonly id: string };

/**
 * A Sigma rule (specification 2.1) as parsed YAML.
 * @throws IncidentError SIGMA_RULE_REFUSED with the reason: what is no rule, what changes others, and what correlates events, since a rule sees one at a time
 */
export function parseSigmaRule(value: unknown): SigmaRule {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refused(idOf(value), 'no rule: a map with title, logsource and detection is expected');
  if ('correlation' in value) throw refused(idOf(value), 'a correlation: a rule sees one event at a time');
  if ('filter' in value) throw refused(idOf(value), 'a filter: it changes other rules');
  const parsed = sigmaRule.safeParse(value);
  if (!parsed.success) throw refused(idOf(value), `no rule: ${describeIssues(parsed.error.issues.map(withTypes))}`);
  return { ...parsed.data, id: parsed.data.id ?? parsed.data.title.slice(0, 64) };
}

/** What type was expected, and what is there: zod's message for it holds no value. */
function withTypes({ path, code, message }: z.core.$ZodIssue): Parameters<typeof describeIssues>[0][number] {
  return { path, code: code === 'invalid_type' ? message.replace(/^Invalid input: /, '') : code };
}

const correlation = z.looseObject({
  correlation: z.looseObject({ rules: z.union([z.string(), z.array(z.string())]), generate: z.boolean().optional() }),
});

/** Names and ids of rules that a correlation counts, and that say nothing by themselves then. */
export function countedBy(value: unknown): readonly string[] {
  const parsed = correlation.safeParse(value);
  return parsed.success && parsed.data.correlation.generate !== true ? [parsed.data.correlation.rules].flat() : [];
}

export function refused(rule: string, reason: string): IncidentError {
  return new IncidentError('SIGMA_RULE_REFUSED', { rule, reason });
}

function idOf(value: unknown): string {
  const { id, title } = (value ?? {}) as { readonly id?: unknown; readonly title?: unknown };
  return [id, title].find((name) => typeof name === 'string') ?? 'without an id';
}
