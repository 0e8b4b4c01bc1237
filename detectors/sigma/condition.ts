import type { RecordTest } from './field-test';
import { textPattern } from './text-pattern';

const TOKEN = /\s*(\(|\)|[^\s()]+)/y;
/** Longer conditions than this are no condition of a person. */
const MOST_TOKENS = 500;

/**
 * A rule's condition over its searches: `and`, `or`, `not`, parentheses, `1 of x*`, `all of x*`, `… of them`.
 * @throws Error whose text is the reason, for aggregations too (`| count() …`), which need more than one event
 */
export function conditionTest(condition: string, searches: ReadonlyMap<string, RecordTest>): RecordTest {
  if (condition.includes('|')) throw new Error('an aggregation: a rule sees one event at a time');
  const parser = new Parser(tokensOf(condition), searches);
  return parser.whole();
}

class Parser {
  #at = 0;

  constructor(
    private readonly tokens: readonly string[],
    private readonly searches: ReadonlyMap<string, RecordTest>,
  ) {}

  whole(): RecordTest {
    const test = this.either();
    if (this.#at < this.tokens.length) throw new Error(`a condition with "${this.tokens[this.#at]}" out of place`);
    return test;
  }

  private either(): RecordTest {
    const tests = [this.both()];
    while (this.takes('or')) tests.push(this.both());
    return tests.length === 1 ? tests[0]! : (record) => tests.some((test) => test(record));
  }

  private both(): RecordTest {
    const tests = [this.single()];
    while (this.takes('and')) tests.push(this.single());
    return tests.length === 1 ? tests[0]! : (record) => tests.every((test) => test(record));
  }

  private single(): RecordTest {
    if (this.takes('not')) {
      const test = this.single();
      return (record) => !test(record);
    }
    if (this.takes('(')) {
      const test = this.either();
      if (!this.takes(')')) throw new Error('a condition with an open parenthesis');
      return test;
    }
    const token = this.tokens[this.#at++];
    if (token === undefined) throw new Error('a condition that ends too early');
    return this.takes('of') ? this.some(token.toLowerCase()) : this.search(token);
  }

  private search(name: string): RecordTest {
    const test = this.searches.get(name);
    if (!test) throw new Error(`a condition with "${name}", which is no search of the rule`);
    return test;
  }

  /** `count of pattern`. */
  private some(count: string): RecordTest {
    const pattern = this.tokens[this.#at++];
    if (pattern === undefined) throw new Error('a condition that ends too early');
    const tests = [...this.searches].filter(([name]) => isMeant(name, pattern)).map(([, test]) => test);
    if (tests.length === 0) throw new Error(`a condition with "of ${pattern}", which is no search of the rule`);
    if (count === 'all') return (record) => tests.every((test) => test(record));
    const least = count === 'any' ? 1 : Number(count);
    if (!Number.isInteger(least) || least < 1) throw new Error(`a condition with "${count} of"`);
    return (record) => tests.filter((test) => test(record)).length >= least;
  }

  private takes(word: string): boolean {
    if (this.tokens[this.#at]?.toLowerCase() !== word) return false;
    this.#at += 1;
    return true;
  }
}

/** `them` are all whose name does not begin with an underscore. */
function isMeant(name: string, pattern: string): boolean {
  if (pattern === 'them') return !name.startsWith('_');
  return textPattern(pattern, 'whole', true)(name);
}

function tokensOf(condition: string): readonly string[] {
  const tokens = [...condition.matchAll(new RegExp(TOKEN.source, 'g'))].map(([, token]) => token ?? '');
  if (tokens.length === 0 || tokens.length > MOST_TOKENS) throw new Error('a condition that is empty or has no end');
  return tokens;
}
