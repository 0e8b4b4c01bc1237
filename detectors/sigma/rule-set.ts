import { createHash } from 'node:crypto';
import { MOST_OBJECTS, MOST_RULES, type RuleMatch } from '../../domain/usage-event';
import { forPerson } from '../person-text';
import type { CompiledRule } from './compile-rule';
import { textOf, valuesOf, type LogRecord } from './record';
import type { LogSource } from './rule';

/** What kind of records a source hands over, in Sigma's words. */
export type RecordKind = Readonly<Partial<Record<'product' | 'service' | 'category', string>>>;

const LONGEST_TITLE = 120;

/** Rules that are asked about each record where it is taken in. */
export class RuleSet {
  private constructor(private readonly rules: readonly CompiledRule[]) {}

  static readonly EMPTY = new RuleSet([]);

  static of(rules: readonly CompiledRule[]): RuleSet {
    return new RuleSet(rules);
  }

  /** Those that speak of records of this kind. */
  about(kind: RecordKind): RuleSet {
    return new RuleSet(this.rules.filter(({ logsource }) => isAbout(logsource, kind)));
  }

  /** What those speak of that are about records of none of these kinds, a log source for each rule. */
  beyond(kinds: readonly RecordKind[]): readonly LogSource[] {
    return this.rules
      .map(({ logsource }) => logsource)
      .filter((source) => !kinds.some((kind) => isAbout(source, kind)));
  }

  /** Matches of one record, the gravest first and at most as many as an event carries. */
  matchesOf(record: LogRecord): readonly RuleMatch[] {
    return this.rules
      .filter((rule) => rule.matches(record))
      .sort((a, b) => b.gravity - a.gravity)
      .slice(0, MOST_RULES)
      .map((rule) => matchOf(rule, record));
  }
}

function matchOf({ id, title, level, burst, distinct }: CompiledRule, record: LogRecord): RuleMatch {
  return {
    id,
    title: forPerson(title, LONGEST_TITLE),
    level,
    ...(burst === undefined ? {} : { burst }),
    ...(distinct.length === 0 ? {} : { objects: objectsIn(record, distinct) }),
  };
}

/** Fingerprints of what the first of these fields that a record has names. All records that name nothing are of one object. */
function objectsIn(record: LogRecord, fields: readonly string[]): string[] {
  const names = fields.map((field) => valuesOf(record, field).flatMap((value) => textOf(value) ?? []));
  const different = [...new Set(names.find(({ length }) => length > 0) ?? [''])].slice(0, MOST_OBJECTS);
  return different.map((name) => createHash('sha256').update(name).digest('base64url').slice(0, 16));
}

/** A rule names no more of its source than it needs, so what it leaves out fits everything. */
function isAbout(logsource: LogSource, kind: RecordKind): boolean {
  return (['product', 'service', 'category'] as const).every((name) => {
    const wanted = logsource[name];
    return wanted === undefined || wanted === null || wanted === kind[name];
  });
}
