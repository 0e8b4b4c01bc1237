import type { RuleSet } from '../sigma/rule-set';
import type { LogRecord } from '../sigma/record';
import type { Mapped } from './mapped';

/** Adds to an event the rules that its record matched, as they know such records. The rules must be those about its source. */
export function withRules(mapped: Mapped, asRulesKnow: () => LogRecord, rules: RuleSet): Mapped {
  if (mapped.kind !== 'event') return mapped;
  const matches = rules.matchesOf(asRulesKnow());
  return matches.length === 0 ? mapped : { ...mapped, event: { ...mapped.event, rules: [...matches] } };
}
