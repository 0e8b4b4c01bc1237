import { conditionTest } from './condition';
import { searchTest, type RecordTest } from './field-test';
import type { LogRecord } from './record';
import { parseSigmaRule, refused, SIGMA_LEVELS, type LogSource, type SigmaLevel } from './rule';

/** A Sigma rule, ready to run. */
export interface CompiledRule {
  readonly id: string;
  readonly title: string;
  readonly level: SigmaLevel;
  /** The level as a number, to sort by. */
  readonly gravity: number;
  /** Ours: how often within five minutes it says something; see `ruleMatch`. */
  readonly burst: number | undefined;
  /** Ours: fields of which the first that a record has names what a burst counts; none where it counts records. */
  readonly distinct: readonly string[];
  readonly logsource: LogSource;
  matches(record: LogRecord): boolean;
}

/**
 * Compiles a Sigma rule (parsed YAML) to closures. `counted` are the names and ids of rules that correlations ask for (`countedBy`).
 * @throws IncidentError SIGMA_RULE_REFUSED with the reason
 */
export function compileRule(value: unknown, counted: ReadonlySet<string> = new Set()): CompiledRule {
  const { id, name, title, level, logsource, detection, tourniquet } = parseSigmaRule(value);
  if (counted.has(id) || (typeof name === 'string' && counted.has(name)))
    throw refused(id, 'a correlation counts it: by itself it says nothing');
  const { condition, timeframe, ...searches } = detection;
  try {
    if (timeframe !== undefined) throw new Error('a time frame: a rule sees one event at a time');
    const tests = new Map(Object.entries(searches).map(([name, search]) => [name, searchTest(search)] as const));
    const conditions = [condition].flat().map((one) => conditionTest(one, tests));
    return {
      id,
      title,
      level,
      gravity: SIGMA_LEVELS.indexOf(level),
      burst: tourniquet?.burst,
      distinct: [tourniquet?.distinct ?? []].flat(),
      logsource,
      matches: anyOf(conditions),
    };
  } catch (error) {
    throw refused(id, error instanceof Error ? error.message : 'unreadable');
  }
}

function anyOf(tests: readonly RecordTest[]): RecordTest {
  return tests.length === 1 ? tests[0]! : (record) => tests.some((test) => test(record));
}
