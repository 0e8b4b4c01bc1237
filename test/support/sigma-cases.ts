/** What a rule asks for, and an event that has it beside one that all but has it. */
export interface SigmaCase {
  readonly name: string;
  readonly detection: object;
  readonly match: Readonly<Record<string, unknown>>;
  readonly nearMiss: Readonly<Record<string, unknown>>;
}

const search = (selection: unknown): object => ({ selection, condition: 'selection' });

type Line = readonly [name: string, selection: unknown, match: SigmaCase['match'], nearMiss: SigmaCase['nearMiss']];

const SEARCHES: readonly Line[] = [
  ['text', { a: 'GetUser' }, { a: 'getuser' }, { a: 'GetUsers' }],
  ['text beyond ASCII', { a: 'Ünlü*' }, { a: 'üNLÜ ada' }, { a: 'unlu ada' }],
  ['an empty text', { a: '' }, { a: '' }, { a: ' ' }],
  ['one of a list', { a: ['one', 'two'] }, { a: 'TWO' }, { a: 'three' }],
  ['all fields of a map', { a: 'one', b: 'two' }, { a: 'one', b: 'two' }, { a: 'one', b: 'one' }],
  ['one map of a list', [{ a: 'one', b: 'two' }, { c: 'x' }], { c: 'x' }, { a: 'one', c: 'y' }],
  ['a number', { n: 404 }, { n: 404 }, { n: 4040 }],
  ['a number in a text', { n: 404 }, { n: '404' }, { n: '404a' }],
  ['a text for a number', { n: '404' }, { n: 404 }, { n: 405 }],
  ['a boolean', { b: true }, { b: true }, { b: false }],
  ['a boolean in a text', { b: false }, { b: 'False' }, { b: 'none' }],
  ['a text for a boolean', { b: 'true' }, { b: true }, { b: false }],
  ['null', { a: null }, { a: null }, { a: '' }],
  ['null, of no field', { a: null, b: 'x' }, { b: 'x' }, { a: 'null', b: 'x' }],
  ['null or a text', { a: [null, 'none'], b: 'x' }, { a: 'none', b: 'x' }, { a: 'one', b: 'x' }],
  ['null or a text, of no field', { a: [null, 'none'], b: 'y' }, { b: 'y' }, { a: 'one', b: 'y' }],
  ['a field in an object', { 'u.name': 'ada' }, { u: { name: 'ada' } }, { u: { names: 'ada' } }],
  ['a field with a dot', { 'u.name': 'bob' }, { 'u.name': 'bob' }, { 'u.names': 'bob' }],
  ['a field with a dot in an object', { 'u.s.name': 'ada' }, { u: { 's.name': 'ada' } }, { u: { s_name: 'ada' } }],
  ['an element of an array', { l: 'two' }, { l: ['one', 'two'] }, { l: ['one', 'twos'] }],
  [
    'a field of an element',
    { 'r.arn|endswith': 'two' },
    { r: [{ arn: 'one' }, { arn: 'x/two' }] },
    { r: [{ arn: '2' }] },
  ],
  ['an array in an array', { 'l.k': 'x' }, { l: [[{ k: 'x' }]] }, { l: [['x']] }],
  ['an asterisk', { a: 'Get*User' }, { a: 'get any user' }, { a: 'get any users' }],
  ['an asterisk for nothing', { a: 'Get*Role' }, { a: 'GetRole' }, { a: 'GtRole' }],
  ['an asterisk across lines', { a: 'begin*end' }, { a: 'begin\nend' }, { a: 'begin\nen' }],
  ['only an asterisk', { w: '*' }, { w: 'x' }, { w: null }],
  ['a question mark', { a: 'ke?' }, { a: 'Key' }, { a: 'ke' }],
  ['a question mark for one character', { a: 'is ?' }, { a: 'is 🔑' }, { a: 'is ab' }],
  ['an escaped asterisk', { a: '5\\*5' }, { a: '5*5' }, { a: '515' }],
  ['an escaped question mark', { a: 'who\\?' }, { a: 'WHO?' }, { a: 'whom' }],
  ['a backslash', { a: 'C:\\Windows' }, { a: 'c:\\windows' }, { a: 'c:windows' }],
  ['a backslash before an asterisk', { a: 'C:\\Users\\\\*' }, { a: 'C:\\Users\\ada' }, { a: 'C:\\Users*' }],
  ['contains', { 'a|contains': 'admin' }, { a: 'an ADMINistrator' }, { a: 'an adm-inistrator' }],
  ['contains, in a number', { 'n|contains': '12' }, { n: 9_123 }, { n: 9_132 }],
  ['contains with an asterisk', { 'a|contains': 'sel*from' }, { a: '(select x from y)' }, { a: '(from x select y)' }],
  ['startswith', { 'a|startswith': 'List' }, { a: 'listBuckets' }, { a: 'GetList' }],
  ['startswith a question mark', { 'a|startswith': '?ist' }, { a: 'MISTake' }, { a: 'istake' }],
  ['endswith', { 'a|endswith': '.env' }, { a: '/.ENV' }, { a: '/.env2' }],
  ['endswith an asterisk', { 'a|endswith': 'pass*word' }, { a: 'a passing word' }, { a: 'a passing words' }],
  ['all', { 'a|contains|all': ['one', 'two'] }, { a: 'TWO, one' }, { a: 'two, three' }],
  ['all, over elements', { 'l|all': ['red', 'green'] }, { l: ['green', 'blue', 'red'] }, { l: ['green', 'blue'] }],
  ['re', { 'a|re': '^Get(User|Role)[0-9]{1,3}$' }, { a: 'GetRole12' }, { a: 'getrole12' }],
  ['re, anywhere', { 'a|re': 'fo+d' }, { a: 'some foood' }, { a: 'some fd' }],
  ['re|i', { 'a|re|i': '^union.select$' }, { a: 'UNION SELECT' }, { a: 'UNIONSELECT' }],
  ['re|m', { 'a|re|m': '^second$' }, { a: 'first\nsecond' }, { a: 'first second' }],
  ['re|s', { 'a|re|s': 'left.right' }, { a: 'left\nright' }, { a: 'leftright' }],
  ['re without s', { 'a|re': 'up.down' }, { a: 'up-down' }, { a: 'up\ndown' }],
  ['re with its own flag', { 'a|re': '(?i)^curl/' }, { a: 'CURL/8' }, { a: 'a curl/8' }],
  ['cidr', { 'ip|cidr': '10.0.0.0/8' }, { ip: '10.255.0.1' }, { ip: '11.0.0.1' }],
  ['cidr with bits of a host', { 'ip|cidr': '192.0.2.77/24' }, { ip: '192.0.2.1' }, { ip: '192.0.3.77' }],
  ['cidr, of no address', { 'ip|cidr': '0.0.0.0/0' }, { ip: '203.0.113.1' }, { ip: '10' }],
  ['cidr, of octal digits', { 'ip|cidr': '8.0.0.0/8' }, { ip: '8.0.0.1' }, { ip: '010.0.0.1' }],
  ['cidr, version 6', { 'ip|cidr': '2001:db8::/32' }, { ip: '2001:DB8:1::1' }, { ip: '2001:db9::1' }],
  [
    'cidr, of the other version',
    { 'ip|cidr': ['2001:db8::/32', '198.51.100.0/24'] },
    { ip: '198.51.100.1' },
    { ip: '::1' },
  ],
  ['lt', { 'n|lt': 5 }, { n: 4.5 }, { n: 5 }],
  ['lte', { 'n|lte': 5 }, { n: '5' }, { n: 5.01 }],
  ['gt', { 'n|gt': 5 }, { n: '6' }, { n: 5 }],
  ['gte', { 'n|gte': -5 }, { n: -5 }, { n: -6 }],
  ['gt, of no number', { 'm|gt': 5 }, { m: '1e3' }, { m: '0x10' }],
  ['gt, of a boolean', { 'm|gt': 0 }, { m: 1 }, { m: true }],
  ['gt, of an empty text', { 'm|lt': 1 }, { m: 0 }, { m: '' }],
  ['exists', { 'x|exists': true }, { x: 'there' }, { y: 'there' }],
  ['exists, an empty text', { 'x|exists': true }, { x: '' }, { xx: '' }],
  ['exists, null', { 'x|exists': true, b: 'z' }, { x: null, b: 'z' }, { b: 'z' }],
  ['exists, an empty array', { 'x|exists': true, b: 'v' }, { x: [], b: 'v' }, { b: 'v' }],
  ['exists, in an empty array', { 'x.y|exists': true, b: 'u' }, { x: [{ y: 0 }], b: 'u' }, { x: [], b: 'u' }],
  ['exists not', { 'x|exists': false, b: 'w' }, { b: 'w' }, { x: 0, b: 'w' }],
  ['fieldref', { 'a|fieldref': 'b' }, { a: 'Same', b: 'same' }, { a: 'same', b: 'other' }],
  ['fieldref, of no field', { 'a|fieldref': 'q' }, { a: 'x', q: 'x' }, { a: 'x' }],
  ['fieldref|startswith', { 'a|fieldref|startswith': 'b' }, { a: 'ada-1', b: 'ADA' }, { a: '1-ada', b: 'ada' }],
  [
    'fieldref, among elements',
    { 'a|fieldref': 'l' },
    { a: 'two', l: ['one', 'two'] },
    { a: 'three', l: ['one', 'two'] },
  ],
  ['cased', { 'a|cased': 'Root' }, { a: 'Root' }, { a: 'root' }],
  ['contains|cased', { 'a|contains|cased': 'AKIA' }, { a: 'key AKIA0' }, { a: 'key akia0' }],
  ['cased with an asterisk', { 'a|cased': 'Mi*ed' }, { a: 'Mixed' }, { a: 'MIxed' }],
  ['keywords', ['mimi', 'event::clear'], { x: { y: ['an Event::Clear here'] } }, { x: 'event:clear' }],
  ['keywords, all', { '|all': ['alpha', 'omega'] }, { x: 'Alpha', y: 'to omega' }, { x: 'alpha', y: 'beta' }],
  ['keywords with an asterisk', ['drop*table'], { x: 'please drop my table now' }, { x: 'table drop' }],
  ['keywords, a number', [4711], { x: 4711 }, { x: 4712 }],
  ['keywords, in a number', ['0815'], { x: 'no 0815' }, { x: 815 }],
  ['keywords by an expression', { '|re': ['un[i1]on', 'n[o0]ne'] }, { x: ['a un1on'] }, { x: 'a Union' }],
  ['keywords in names', ['fieldname'], { x: 'a FieldName' }, { fieldname: 'x' }],
];

const TWO = { one: { p: 'x' }, two: { q: 'y' }, _three: { r: 'z' } };

type Condition = readonly [condition: string | string[], match: SigmaCase['match'], nearMiss: SigmaCase['nearMiss']];

const CONDITIONS: readonly Condition[] = [
  ['one and two', { p: 'x', q: 'y' }, { p: 'x' }],
  ['one or two', { q: 'y' }, { r: 'z' }],
  ['one and not two', { p: 'x', q: 'x' }, { p: 'x', q: 'y' }],
  ['not one', { p: 'y' }, { p: 'x' }],
  ['not one and two', { q: 'y' }, { r: 'z' }],
  ['not (one and two)', { p: 'x' }, { p: 'x', q: 'y' }],
  ['_three or one and two', { r: 'z' }, { q: 'y' }],
  ['(_three or one) and two', { r: 'z', q: 'y' }, { r: 'z', p: 'x' }],
  ['1 of them', { q: 'y' }, { r: 'z' }],
  ['all of them', { p: 'x', q: 'y' }, { p: 'x', r: 'z' }],
  ['any of them', { p: 'x' }, { r: 'z' }],
  ['1 of t*', { q: 'y' }, { p: 'x' }],
  ['_three and all of *o*', { p: 'x', q: 'y', r: 'z' }, { p: 'x', r: 'z' }],
  ['1 of _*', { r: 'z' }, { p: 'x' }],
  ['_three and not 1 of *o', { r: 'z', p: 'x' }, { r: 'z', q: 'y' }],
  ['2 of them', { p: 'x', q: 'y' }, { p: 'x', r: 'z' }],
  [['one', '_three'], { r: 'z' }, { q: 'y' }],
];

/** At least one match and one near miss for all that the engine knows of Sigma. */
export const SIGMA_CASES: readonly SigmaCase[] = [
  ...SEARCHES.map(([name, selection, match, nearMiss]) => ({ name, detection: search(selection), match, nearMiss })),
  ...CONDITIONS.map(([condition, match, nearMiss]) => ({
    name: `condition: ${[condition].flat().join(', ')}`,
    detection: { ...TWO, condition },
    match,
    nearMiss,
  })),
];
