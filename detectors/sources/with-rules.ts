import type { RuleSet } from '../sigma/rule-set';
import type { LogRecord } from '../sigma/record';
import type { Mapped } from './mapped';

/** Adds to the event of a record the rules that the record matched. The rules must be those about its source. */
export function withRules(mapped: Mapped, record: unknown, rules: RuleSet): Mapped {
  if (mapped.kind !== 'event' || typeof record !== 'object' || record === null) return mapped;
  const matches = rules.matchesOf(record as LogRecord);
  return matches.length === 0 ? mapped : { ...mapped, event: { ...mapped.event, rules: [...matches] } };
}
