import type { RuleSet } from '../sigma/rule-set';
import type { LogRecord } from '../sigma/record';
import { holdsOurValue, withoutOurValues } from '../../domain/token-format';
import type { Mapped } from './mapped';

/** An event in which no token of ours stands where a client may write what it likes. What is left of an id tells it apart still. */
export function withoutValues(mapped: Mapped): Mapped {
  if (mapped.kind !== 'event') return mapped;
  const { id, client } = mapped.event;
  const { agent, address } = client;
  if (![id, agent, address].some(holdsOurValue)) return mapped;
  return {
    ...mapped,
    event: {
      ...mapped.event,
      id: withoutOurValues(id),
      client: { agent: withoutOurValues(agent), address: withoutOurValues(address) },
    },
  };
}

/** Adds to an event the rules that its record matched, as they know such records. The rules must be those about its source. */
export function withRules(mapped: Mapped, asRulesKnow: () => LogRecord, rules: RuleSet): Mapped {
  if (mapped.kind !== 'event') return mapped;
  const matches = rules.matchesOf(asRulesKnow());
  return matches.length === 0 ? mapped : { ...mapped, event: { ...mapped.event, rules: [...matches] } };
}
