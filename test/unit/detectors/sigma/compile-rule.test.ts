import fc from 'fast-check';
import { compileRule } from '../../../../detectors/sigma/compile-rule';
import { RuleSet } from '../../../../detectors/sigma/rule-set';
import { IncidentError } from '../../../../domain/errors';

const rule = (detection: object, more: object = {}) => ({
  id: 'rule',
  title: 'A rule',
  level: 'high',
  logsource: { product: 'aws', service: 'cloudtrail' },
  detection,
  ...more,
});

const matches = (detection: object, record: Record<string, unknown>): boolean =>
  compileRule(rule(detection)).matches(record);

const objectsOf = (distinct: unknown, record: Record<string, unknown>): readonly string[] | undefined => {
  const compiled = compileRule(rule({ s: { a: 1 }, condition: 's' }, { tourniquet: { burst: 20, distinct } }));
  return RuleSet.of([compiled]).matchesOf({ a: 1, ...record })[0]?.objects;
};

test('a burst of different things carries a fingerprint of each, and nothing of their names', () => {
  const one = objectsOf('request.name', { request: { name: 'payroll' } });

  expect(one).toEqual([expect.stringMatching(/^[\w-]{16}$/)]);
  expect(objectsOf(['request.name'], { request: { name: ['payroll', 'tax', 'payroll'] } })).toHaveLength(2);
  expect(objectsOf(['request.id', 'request.name'], { request: { name: 'payroll', id: 'payroll' } })).toEqual(one);
  expect(objectsOf(['request.id', 'request.name'], { request: { name: 'payroll', id: '7' } })).not.toEqual(one);
  expect(objectsOf('request.name', {})).toEqual(objectsOf('request.name', { request: { name: null } }));
  expect(objectsOf('names', { names: Array.from({ length: 90 }, (_, index) => index) })).toHaveLength(20);
  expect(objectsOf(undefined, { request: { name: 'payroll' } })).toBeUndefined();
});

test('more different things than are remembered can not be asked for', () => {
  const refused = (burst: number, distinct?: string) =>
    refusal(rule({ s: { a: 1 }, condition: 's' }, { tourniquet: { burst, distinct } }));

  expect(refused(51, 'name')).toContain('tourniquet.burst');
  expect([refused(50, 'name'), refused(1_000)]).toEqual(['loaded', 'loaded']);
});

const search = (selection: unknown, record: Record<string, unknown>): boolean =>
  matches({ selection, condition: 'selection' }, record);

const refusal = (value: unknown): string => {
  try {
    compileRule(value);
  } catch (error) {
    if (error instanceof IncidentError) return String(error.fields['reason']);
  }
  return 'loaded';
};

const LOGIN = {
  eventName: 'ConsoleLogin',
  sourceIPAddress: '203.0.113.7',
  count: 12,
  userIdentity: { type: 'IAMUser', userName: 'ada', 'session.name': 'ada' },
  resources: [{ ARN: 'arn:aws:s3:::one' }, { ARN: 'arn:aws:s3:::two' }],
  mfa: false,
  errorCode: null,
};

test.each<[string, unknown, boolean]>([
  ['all fields of a map', { eventName: 'consolelogin', 'userIdentity.type': 'IAMUser' }, true],
  ['all fields of a map, one wrong', { eventName: 'ConsoleLogin', 'userIdentity.type': 'Root' }, false],
  ['any value of a list', { eventName: ['GetUser', 'ConsoleLogin'] }, true],
  ['any map of a list', [{ eventName: 'GetUser' }, { 'userIdentity.userName': 'ada' }], true],
  ['a field whose name has a dot', { 'userIdentity.session.name': 'ada' }, true],
  ['any element of an array', { 'resources.ARN|endswith': 'two' }, true],
  ['all of the values', { 'eventName|contains|all': ['console', 'login'] }, true],
  ['all of the values, one missing', { 'eventName|contains|all': ['console', 'logout'] }, false],
  ['a number given as text', { count: '12' }, true],
  ['a number', { count: 12 }, true],
  ['a boolean given as text', { mfa: 'False' }, true],
  ['null where it is null', { errorCode: null }, true],
  ['null where there is no field', { missing: null }, true],
  ['null where there is a value', { eventName: null }, false],
  ['a network', { 'sourceIPAddress|cidr': '203.0.113.0/24' }, true],
  ['another network', { 'sourceIPAddress|cidr': ['198.51.100.0/24', '2001:db8::/32'] }, false],
  ['a regular expression', { 'eventName|re': '^Console(Login|Logout)$' }, true],
  ['a regular expression tells cases apart', { 'eventName|re': 'consolelogin' }, false],
  ['unless told not to', { 'eventName|re|i': 'consolelogin' }, true],
  ['another field', { 'userIdentity.session.name|fieldref': 'userIdentity.userName' }, true],
  ['existence', { 'userIdentity|exists': true, 'missing|exists': false }, true],
  ['more than', { 'count|gt': 11, 'count|lte': 12 }, true],
  ['more than, and it is not', { 'count|gt': 12 }, false],
  ['a keyword anywhere', ['arn:aws:s3:::two'], true],
  ['a keyword nowhere', ['arn:aws:s3:::three'], false],
  ['all keywords', { '|all': ['consolelogin', 'ada'] }, true],
])('a search: %s', (_title, selection, expected) => {
  expect(search(selection, LOGIN)).toBe(expected);
});

test('what is pushed out of sight by a filling is found all the same', () => {
  const policy = (filling: string) => ({ policy: `{${filling}"Action": "*"}` });
  for (const filling of [' '.repeat(100_000), 'x'.repeat(60_000)]) {
    expect(search({ 'policy|contains': '"Action": "*"' }, policy(filling))).toBe(true);
    expect(search({ 'policy|re': 'Action": "\\*"' }, policy(filling))).toBe(true);
  }
  expect(search({ 'policy|re': '^"Action' }, policy('x'.repeat(7_167)))).toBe(false);
  expect(search(['needle'], { list: [...Array.from({ length: 2_000 }, (_, index) => `hay ${index}`), 'needle'] })).toBe(
    true,
  );
});

test.each([
  ['a and b', false],
  ['a or b', true],
  ['a and not b', true],
  ['not (a and b)', true],
  ['b or a and a', true],
  ['1 of them', true],
  ['all of them', false],
  ['1 of b*', false],
  ['2 of them', false],
  ['not 1 of b*', true],
])('a condition: %s', (condition, expected) => {
  expect(matches({ a: { eventName: 'ConsoleLogin' }, b: { eventName: 'GetUser' }, condition }, LOGIN)).toBe(expected);
});

test('any of several conditions', () => {
  expect(matches({ a: { eventName: 'x' }, b: { eventName: 'ConsoleLogin' }, condition: ['a', 'b'] }, LOGIN)).toBe(true);
});

test.each<[string, unknown, string]>([
  ['no rule', 'text', 'no rule: a map with title, logsource and detection is expected'],
  [
    'half a rule',
    { title: ['x'], detection: { condition: 'a' } },
    'no rule: title: expected string, received array, logsource: expected object, received undefined',
  ],
  [
    'an aggregation',
    rule({ a: { b: 1 }, condition: 'a | count() > 5' }),
    'an aggregation: a rule sees one event at a time',
  ],
  [
    'a time frame',
    rule({ a: { b: 1 }, condition: 'a', timeframe: '5m' }),
    'a time frame: a rule sees one event at a time',
  ],
  ['a correlation', { id: 'c', correlation: {} }, 'a correlation: a rule sees one event at a time'],
  ['a modifier nobody knows', rule({ a: { 'b|rot13': 'x' }, condition: 'a' }), 'the modifier rot13'],
  ['an encoded wildcard', rule({ a: { 'b|base64': 'x*' }, condition: 'a' }), 'a wildcard in a text that is encoded'],
  [
    'a letter',
    rule({ a: { 'b|base64offset|contains': 'x' }, condition: 'a' }),
    'a text too short to be found in an encoding',
  ],
  ['an encoded number', rule({ a: { 'b|base64': 7 }, condition: 'a' }), 'a value that is no text, to be encoded'],
  ['an encoded expression', rule({ a: { 'b|wide|re': 'x' }, condition: 'a' }), 'the modifiers wide and re'],
  ['forms without end', rule({ a: { 'b|windash': '-a-b-c-d-e' }, condition: 'a' }), 'more than 4 dashes under windash'],
  [
    'a search nobody wrote',
    rule({ a: { b: 1 }, condition: 'a and c' }),
    'a condition with "c", which is no search of the rule',
  ],
  ['an empty map', rule({ a: {}, condition: 'a' }), 'a search that is empty'],
  ['an empty list', rule({ a: [], condition: 'a' }), 'a search that is empty'],
  ['no values', rule({ a: { b: [] }, condition: 'a' }), 'b: a list of values that is empty'],
  ['a place for an expression', rule({ a: { 'b|contains|re': 'x' }, condition: 'a' }), 'the modifiers contains and re'],
  ['a filter', { title: 'A filter', logsource: {}, filter: { rules: ['x'] } }, 'a filter: it changes other rules'],
  ['an open parenthesis', rule({ a: { b: 1 }, condition: '(a' }), 'a condition with an open parenthesis'],
  ['half a condition', rule({ a: { b: 1 }, condition: 'a and' }), 'a condition that ends too early'],
  ['a network that is none', rule({ a: { 'b|cidr': 'x/8' }, condition: 'a' }), 'a network that is none'],
  [
    'a slow expression',
    rule({ a: { 'b|re': '(a+)+$' }, condition: 'a' }),
    'a regular expression that could take for ever',
  ],
])('refuses %s with the reason', (_title, value, reason) => {
  expect(refusal(value)).toBe(reason);
});

test('whatever a record holds, a rule answers', () => {
  const { matches: ask } = compileRule(
    rule({
      a: { 'x.y|contains': 'a', 'z|re': 'b' },
      b: ['word'],
      c: { 'n|gt': 1, 'i|cidr': '10.0.0.0/8' },
      condition: '1 of them',
    }),
  );
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom('x', 'y', 'z', 'n', 'i', 'x.y'), fc.jsonValue()), (record) => {
      expect(typeof ask(record)).toBe('boolean');
    }),
  );
});
