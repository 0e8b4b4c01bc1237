import type { LogRecord } from '../../detectors/sigma/record';

/** Values of one list that are tried; rules list dozens that differ in nothing but the name. */
const MOST_VALUES = 4;

type Fields = Readonly<Record<string, unknown>>;

/**
 * Events made from what a rule asks for: each search met alone, all of them together and without those that take away, and
 * each of these again with one field less. They are no verdicts: whether a rule matches is for the engines to say.
 */
export function eventsFor(detection: object): readonly LogRecord[] {
  const searches = Object.entries(detection).filter(([name]) => name !== 'condition' && name !== 'timeframe');
  const met = searches.map(([name, search]) => ({ name, ways: waysToMeet(search) }));
  const together = (some: typeof met): Fields => merged(some.map(({ ways }) => ways[0] ?? {}));
  const wanted = together(met.filter(({ name }) => !/^(?:filter|_)/.test(name)));
  const alone = met.flatMap(({ ways }) => ways.flatMap((way) => [way, { ...wanted, ...way }]));
  const whole = [wanted, together(met), ...alone];
  return distinct(whole.flatMap((fields) => [fields, ...withoutOne(fields)])).map(nested);
}

function waysToMeet(search: unknown): readonly Fields[] {
  if (Array.isArray(search)) return search.slice(0, MOST_VALUES).flatMap(waysToMeet);
  if (typeof search !== 'object' || search === null) return [{ message: `<${literal(String(search))}>` }];
  const asked = Object.entries(search as Fields);
  const most = Math.max(1, ...asked.map(([, expected]) => (Array.isArray(expected) ? expected.length : 1)));
  return Array.from({ length: Math.min(most, MOST_VALUES) }, (_, way) =>
    merged(asked.map(([key, expected]) => fieldFor(key, expected, way))),
  );
}

function fieldFor(key: string, expected: unknown, way: number): Fields {
  const [field = '', ...modifiers] = key.split('|');
  const name = field === '' ? 'message' : field;
  const values: readonly unknown[] = Array.isArray(expected) ? expected : [expected];
  if (modifiers.includes('exists')) return expected === false ? {} : { [name]: 'there' };
  if (modifiers.includes('fieldref')) return { [name]: 'same', [String(values[0])]: 'same' };
  if (modifiers.includes('all')) return { [name]: values.map((one) => valueFor(one, modifiers)).join(' ') };
  const value = valueFor(values[way % values.length], modifiers);
  // Every other one in capitals, since most tests don't tell cases apart.
  return { [name]: way % 2 === 1 && typeof value === 'string' ? value.toUpperCase() : value };
}

function valueFor(expected: unknown, modifiers: readonly string[]): unknown {
  if (typeof expected !== 'string') return expected;
  const [first] = modifiers.filter((name) => name !== 'all' && name !== 'cased');
  switch (first) {
    case 'contains':
      return `<${literal(expected)}>`;
    case 'startswith':
      return `${literal(expected)}>`;
    case 'endswith':
      return `<${literal(expected)}`;
    case 'cidr':
      return expected.split('/')[0];
    default:
      return literal(expected);
  }
}

/** What a text with wildcards, or by luck a regular expression, matches. */
function literal(pattern: string): string {
  return pattern.replace(/\\([*?\\])|[*?]/g, (_all, escaped: string | undefined) => escaped ?? 'w');
}

function withoutOne(fields: Fields): readonly Fields[] {
  const names = Object.keys(fields);
  return names.length < 2
    ? []
    : names.map((name) => Object.fromEntries(Object.entries(fields).filter(([other]) => other !== name)));
}

function merged(all: readonly Fields[]): Fields {
  return Object.fromEntries(all.flatMap((fields) => Object.entries(fields)));
}

/** `a.b` as an object in an object, as logs have it. */
function nested(fields: Fields): LogRecord {
  const record: Record<string, unknown> = {};
  for (const [path, value] of Object.entries(fields)) {
    const steps = path.split('.');
    const last = steps.pop() ?? '';
    let inner = record;
    for (const step of steps) {
      const next = inner[step];
      inner = (typeof next === 'object' && next !== null ? next : (inner[step] = {})) as Record<string, unknown>;
    }
    inner[last] = value;
  }
  return record;
}

function distinct(all: readonly Fields[]): readonly Fields[] {
  return [...new Map(all.map((fields) => [JSON.stringify(fields), fields])).values()];
}
