import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { IncidentError } from '../../../domain/errors';
import { guessFormat, INTEL_FORMAT_NAMES, type IntelFormatName } from '../../../intel/formats/registry';
import { readList } from '../../../intel/read-list';

const NOW = Date.UTC(2026, 10, 25);
const DAY = 86_400_000;

function read(format: IntelFormatName, text: string) {
  const { networks, leftOut } = readList(format, text, NOW);
  return { found: [...networks.networks()], leftOut, networks };
}

test('every format that lies in the folder is in the registry', () => {
  const parts = ['format.ts', 'registry.ts', 'stix-pattern.ts'];
  const files = readdirSync(join(__dirname, '../../../intel/formats')).filter((file) => !parts.includes(file));

  expect(files.map((file) => file.replace(/\.ts$/, '')).sort()).toEqual([...INTEL_FORMAT_NAMES].sort());
});

test('plain: addresses and ranges, remarks, and the number of sources', () => {
  const text = '# a list\n198.51.100.7\t5\n203.0.113.0/24 # a network\r\n; remark\n\n2001:db8::1\nnot an address\n';
  const { found, leftOut, networks } = read('plain', text);

  expect(found).toEqual(['198.51.100.7', '203.0.113.0/24', '2001:db8::1']);
  expect(leftOut).toEqual({ 'no-address': 1 });
  expect(networks.find('198.51.100.7', NOW)).toMatchObject({ until: 0, sources: 5 });
});

describe('ranges of addresses', () => {
  test.each<[string, readonly string[]]>([
    ['203.0.113.4-203.0.113.19', ['203.0.113.4/30', '203.0.113.8/29', '203.0.113.16/30']],
    ['203.0.113.0 - 203.0.113.255 # a remark', ['203.0.113.0/24']],
    ['203.0.113.7-203.0.113.7 some remark', ['203.0.113.7']],
    ['A name: with-marks:203.0.113.0-203.0.113.127', ['203.0.113.0/25']],
    ['203.000.113.000 - 203.000.113.255 , 000 , A name', ['203.0.113.0/24']],
    ['2001:db8::-2001:db8::ffff', ['2001:db8::/112']],
    ['9.255.255.254-10.0.0.3', ['9.255.255.254/31']],
    ['198.51.100.7 seen with:203.0.113.0-203.0.113.127', ['198.51.100.7']],
  ])('%s', (line, expected) => {
    expect(read('plain', `${line}\n`).found).toEqual(expected);
  });

  test.each<[string, string]>([
    ['203.0.113.19-203.0.113.4', 'no-address'],
    ['203.0.113.19-2001:db8::1', 'no-address'],
    ['203.0.113.4-19', 'no-address'],
    ['0.0.0.0-255.255.255.255', 'too-broad'],
    ['1.0.0.1-2.255.255.254', 'too-broad'],
    ['2000::-2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'too-broad'],
    ['10.0.0.4-10.0.0.19', 'not-public'],
    ['9.255.255.254-10.0.0.3', 'not-public'],
    ['203.0.113.0 - 203.0.113.255 , 200 , let through', 'other-matter'],
  ])('%s is left out: %s', (line, reason) => {
    expect(read('plain', `198.51.100.7\n${line}\n`).leftOut).toEqual({ [reason]: 1 });
  });

  test('hold what lies between their ends, and nothing else', () => {
    const address = fc.nat(0xffff).map((low) => `203.0.${low >> 8}.${low & 255}`);
    const valueOf = (text: string) => text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);

    fc.assert(
      fc.property(address, address, address, (one, other, asked) => {
        const [first = '', last = ''] = [one, other].sort((a, b) => valueOf(a) - valueOf(b));
        const { networks } = read('plain', `${first}-${last}\n`);
        const isBetween = valueOf(first) <= valueOf(asked) && valueOf(asked) <= valueOf(last);
        expect(networks.find(asked, NOW) !== undefined).toBe(isBetween);
      }),
    );
  });

  test('a number behind one is the number of sources, a level of eMule is not', () => {
    const { networks } = read('plain', '203.0.113.4-203.0.113.7\t5\n198.51.100.0 - 198.51.100.255 , 100 , A name\n');

    expect(networks.find('203.0.113.4', NOW)?.sources).toBe(5);
    expect(networks.find('198.51.100.4', NOW)?.sources).toBe(1);
  });

  test('a list of our own places may name private ones', () => {
    const text = '10.0.0.4-10.0.0.7\nfd00::-fd00::f\n';

    expect([...readList('plain', text, NOW, { ofOurs: true }).networks.networks()]).toEqual([
      '10.0.0.4/30',
      'fd00::/124',
    ]);
  });

  test('stand in columns and in warning lists, too', () => {
    const range = '203.0.113.0-203.0.113.255';

    expect(read('csv', `indicator,count\n${range},3\na-b,1\n`)).toMatchObject({
      found: ['203.0.113.0/24'],
      leftOut: { 'other-matter': 1 },
    });
    expect(read('misp', JSON.stringify({ list: [range] })).found).toEqual(['203.0.113.0/24']);
  });

  test('many networks of one range outweigh no bad lines', () => {
    expect(() => read('plain', '203.0.113.1-203.0.113.254\nsorry\nwe moved\n')).toThrow('only 1 are');
  });
});

test('plain: a block list as DShield publishes it, whose attacks are no sources', () => {
  const text = [
    '# Block list',
    '#   netmask: size of the network',
    'Start\tEnd\tNetmask\tAttacks\tName\tCountry\temail',
    '203.0.113.0\t203.0.113.255\t24\t4711\tA-NAME\tZZ\tabuse@example.com',
    '198.51.100.0\t198.51.100.255\t24\t12\t\t\t',
    '192.0.0.0\t203.255.255.255\t4\t12\tmuch',
  ].join('\n');
  const { found, leftOut, networks } = read('plain', text);

  expect(found).toEqual(['198.51.100.0/24', '203.0.113.0/24']);
  expect(leftOut).toEqual({ 'too-broad': 1 });
  expect(networks.find('203.0.113.77', NOW)).toMatchObject({ until: 0, sources: 1 });
});

test('csv: the header says where the address stands, in a remark too, and quotes are no part of it', () => {
  const text =
    '# Feed\n"first_seen","dst_ip","port","expires"\n"2026-11-24 01:02:03","198.51.100.7","443","2026-11-26 00:00:00"\n"x","203.0.113.9","80",""\n';
  const { found, networks } = read('csv', text);

  expect(found).toEqual(['198.51.100.7', '203.0.113.9']);
  expect(networks.find('198.51.100.7', NOW)?.until).toBe((NOW + DAY) / 1000);
  expect(read('csv', '# ip;count\n198.51.100.7;4\n').networks.find('198.51.100.7', NOW)?.sources).toBe(4);
  expect(read('csv', 'ioc_value\n198.51.100.7:8080\nhttp://example.com/a\n')).toMatchObject({
    found: ['198.51.100.7'],
    leftOut: { 'other-matter': 1 },
  });
});

test('csv: a column of all kinds of indicators', () => {
  const text =
    '"ioc_value", "ioc_type"\n"203.0.113.7:443", "ip:port"\n"d41d8cd98f00b204e9800998ecf8427e", "md5"\n"fade.cc", "domain"\n"2001:db8::/32", "ip"\n"1234", "asn"\n';

  expect(read('csv', text)).toMatchObject({
    found: ['203.0.113.7', '2001:db8::/32'],
    leftOut: { 'other-matter': 3 },
  });
});

test('ipset: time-outs are counted from when it was written, as far as that is known', () => {
  const text = 'add bad 198.51.100.7 timeout 60\n';
  const until = (writtenAt: number) =>
    readList('ipset', text, NOW, { writtenAt, goodAt: 0 }).networks.find('198.51.100.7', 0)?.until;

  expect([until(NOW - 30_000), until(NOW + DAY), until(0)]).toEqual([30, 60, 60].map((s) => NOW / 1000 + s));
});

test('ipset: what ipset save writes, with time-outs counted from the fetch', () => {
  const text =
    'create bad hash:net family inet hashsize 1024\nadd bad 198.51.100.0/24 timeout 60\nadd bad 203.0.113.9,tcp:80\nadd bad 198.51.100.7 nomatch\n';
  const { found, leftOut, networks } = read('ipset', text);

  expect(found).toEqual(['198.51.100.0/24', '203.0.113.9']);
  expect(leftOut).toEqual({ 'not-understood': 1 });
  expect(networks.find('198.51.100.9', NOW + 59_000)).toBeDefined();
  expect(networks.find('198.51.100.9', NOW + 60_000)).toBeUndefined();
});

test('ipset: a comment is no option, whatever it says', () => {
  const said = ['login timeout 5 times', 'see nomatch list', 'every \\"timeout 5\\"', 'timeout 5'];
  const text = said.map((comment, index) => `add x 5.5.5.${index} comment "${comment}"\n`).join('');
  const { found, leftOut } = read(
    'ipset',
    `create x hash:ip family inet\n${text}add x 5.5.5.9 packets 3 bytes 180 comment "a b" skbmark 0x1\n`,
  );

  expect([found, leftOut]).toEqual([[...said.map((_comment, index) => `5.5.5.${index}`), '5.5.5.9'], {}]);
});

test('ipset: a backslash may end a comment, and blanks take no more time than other characters', () => {
  const text = `add x 5.5.5.6 comment "at least timeout 5 in C:\\" skbmark 0x1\nadd x 5.5.5.7${' '.repeat(300_000)}packets 0\n`;
  const begun = performance.now();

  expect(read('ipset', text)).toMatchObject({ found: ['5.5.5.6', '5.5.5.7'], leftOut: {} });
  // One by one they would take half a minute.
  expect(performance.now() - begun).toBeLessThan(2_000);
});

test('ipset: what a set with a netmask holds are networks', () => {
  const text =
    'create a hash:ip family inet hashsize 1024 maxelem 65536 netmask 24\ncreate b hash:ip family inet\nadd a 198.51.100.0\nadd b 203.0.113.9\n';

  expect(read('ipset', text).found).toEqual(['198.51.100.0/24', '203.0.113.9']);
});

test('csv: names of columns are known without case and blanks, and addresses without their ports', () => {
  const text =
    '# Firstseen,DstIP,DstPort\n2026-01-06,198.51.100.7,443\n2026-01-06,[2001:db8::1]:443,443\n2026-01-06,198.51.100.9:80,80\n';

  expect(read('csv', text)).toMatchObject({ found: ['198.51.100.7', '198.51.100.9', '2001:db8::1'], leftOut: {} });
});

describe('stix', () => {
  const bundle = (...objects: object[]) => JSON.stringify({ type: 'bundle', id: 'bundle--1', objects });
  const indicator = (pattern: string, more: object = {}) => ({
    ...{ type: 'indicator', spec_version: '2.1', pattern_type: 'stix', pattern },
    ...more,
  });
  const other = indicator("[ipv4-addr:value = '192.0.2.1']");

  test.each([
    ["[ipv4-addr:value = '198.51.100.7']", ['198.51.100.7']],
    ["[ipv6-addr:value = '2001:db8::1']", ['2001:db8::1']],
    ["[ipv4-addr:value ISSUBSET '198.51.100.0/24']", ['198.51.100.0/24']],
    ["[ipv4-addr:value IN ('198.51.100.7', '203.0.113.9')]", ['198.51.100.7', '203.0.113.9']],
    [
      "[ipv4-addr:value = '198.51.100.7' OR domain-name:value = 'a.example' OR file:hashes.'SHA-256' = 'aa']",
      ['198.51.100.7'],
    ],
    ["[ipv4-addr:value='198.51.100.7'] OR [ipv4-addr:value = '203.0.113.9']", ['198.51.100.7', '203.0.113.9']],
    [
      "[network-traffic:src_ref.type = 'ipv4-addr' AND network-traffic:src_ref.value = '198.51.100.7']",
      ['198.51.100.7'],
    ],
    [
      "[(network-traffic:dst_ref.value = '2001:db8::1' AND network-traffic:dst_ref.type = 'ipv6-addr') OR ipv4-addr:value = '203.0.113.9']",
      ['203.0.113.9', '2001:db8::1'],
    ],
    [
      "[network-traffic:src_ref.type = 'ipv4-addr' AND network-traffic:src_ref.value ISSUBSET '198.51.100.0/24']",
      ['198.51.100.0/24'],
    ],
    [
      "([network-traffic:dst_ref.value = '198.51.100.7' OR ipv4-addr:value = '203.0.113.9'])",
      ['198.51.100.7', '203.0.113.9'],
    ],
  ])('%s names addresses', (pattern, expected) => {
    expect(read('stix', bundle(indicator(pattern))).found).toEqual(expected);
  });

  test.each([
    "[ipv4-addr:value = '198.51.100.7' AND network-traffic:dst_port = 80]",
    "[network-traffic:src_ref.type = 'ipv4-addr' AND network-traffic:src_ref.value = '198.51.100.7' AND network-traffic:dst_port = 80]",
    "[network-traffic:src_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '198.51.100.7']",
    "[network-traffic:src_ref.type = 'domain-name' AND network-traffic:src_ref.value = '198.51.100.7']",
    "[network-traffic:src_ref.type = 'ipv4-addr' AND network-traffic:src_ref.type = 'ipv4-addr']",
    "[network-traffic:src_ref.value = '198.51.100.7' AND network-traffic:src_ref.value = '198.51.100.8']",
    "[network-traffic:src_ref.type = 'ipv4-addr' AND",
    "[ipv4-addr:value != '198.51.100.7']",
    "[NOT ipv4-addr:value = '198.51.100.7']",
    "[ipv4-addr:value = '198.51.100.7'] FOLLOWEDBY [ipv4-addr:value = '203.0.113.9']",
    "[ipv4-addr:value = '198.51.100.7'] REPEATS 5 TIMES",
    "[ipv4-addr:value LIKE '198.%']",
    "[ipv4-addr:value = '198.51.100.7' OR]",
    "[ipv4-addr:value = '198.51.100.7",
    "ipv4-addr:value = '198.51.100.7'",
  ])('%s names none by itself', (pattern) => {
    expect(read('stix', bundle(other, indicator(pattern)))).toMatchObject({
      found: ['192.0.2.1'],
      leftOut: { 'not-understood': 1 },
    });
  });

  test('valid_until is honoured, revoked ones and observations say nothing', () => {
    const text = bundle(
      indicator("[ipv4-addr:value = '198.51.100.7']", { valid_until: '2026-11-26T00:00:00.000Z' }),
      indicator("[ipv4-addr:value = '198.51.100.8']", { valid_until: '2026-11-24T00:00:00Z' }),
      indicator("[ipv4-addr:value = '198.51.100.9']", { revoked: true }),
      indicator("[file:hashes.'SHA-256' = 'aa']"),
      indicator('alert tcp any any', { pattern_type: 'snort' }),
      { type: 'ipv4-addr', value: '203.0.113.9' },
    );
    const { found, leftOut, networks } = read('stix', text);

    expect(found).toEqual(['198.51.100.7']);
    expect(leftOut).toEqual({ expired: 1, revoked: 1, 'other-matter': 2 });
    expect(networks.find('198.51.100.7', NOW + DAY - 1)).toBeDefined();
    expect(networks.find('198.51.100.7', NOW + DAY)).toBeUndefined();
  });

  test('of the versions of an indicator the newest counts', () => {
    const version = (day: number, more: object = {}) =>
      indicator("[ipv4-addr:value = '198.51.100.7']", {
        id: 'indicator--1',
        modified: `2026-11-${day}T00:00:00.000Z`,
        ...more,
      });

    expect(read('stix', bundle(version(21, { revoked: true }), version(20), other)).found).toEqual(['192.0.2.1']);
    expect(read('stix', bundle(version(20, { revoked: true }), version(21))).found).toEqual(['198.51.100.7']);
    expect(read('stix', bundle(version(21, { revoked: true })))).toMatchObject({ found: [], leftOut: { revoked: 1 } });
  });

  test('what is valid only from a time after the fetch is left out, and makes no list unreadable', () => {
    const soon = indicator("[ipv4-addr:value = '198.51.100.7']", { valid_from: '2026-11-25T00:00:00.001Z' });
    const begun = indicator("[ipv4-addr:value = '198.51.100.8']", { valid_from: '2026-11-25T00:00:00Z' });
    const unclear = indicator("[ipv4-addr:value = '198.51.100.9']", { valid_from: 'soon' });

    expect(read('stix', bundle(soon, begun, unclear))).toMatchObject({
      found: ['198.51.100.8'],
      leftOut: { 'not-yet-valid': 1, 'not-understood': 1 },
    });
    expect(read('stix', bundle(soon))).toMatchObject({ found: [], leftOut: { 'not-yet-valid': 1 } });
  });
});

test('misp: attributes meant for detection, of events, objects and answers; and warning lists', () => {
  const event = {
    Attribute: [
      { type: 'ip-dst', value: '198.51.100.7', to_ids: true },
      { type: 'ip-src|port', value: '203.0.113.9|80', to_ids: '1' },
      { type: 'ip-src', value: '198.51.100.8', to_ids: false },
      { type: 'ip-src', value: '198.51.100.9', to_ids: true, deleted: true },
      { type: 'domain', value: 'example.com', to_ids: true },
    ],
    Object: [
      {
        Attribute: [
          { type: 'ip-dst', value: '2001:db8::1', to_ids: true },
          { type: 'domain|ip', value: 'example.com|198.51.100.10', to_ids: true },
          { type: 'domain|ip', value: 'example.com|198.51.100.11', to_ids: false },
          { type: 'domain|ip', value: 'example.com|example.org', to_ids: true },
          { type: 'domain|ip', value: 'example.com', to_ids: true },
          { type: 'hostname|port', value: '198.51.100.12|80', to_ids: true },
        ],
      },
    ],
  };

  for (const document of [{ Event: event }, { response: [{ Event: event }] }, { response: event }]) {
    const { found, leftOut } = read('misp', JSON.stringify(document));
    expect([...found].sort()).toEqual(['198.51.100.10', '198.51.100.7', '2001:db8::1', '203.0.113.9']);
    expect(leftOut).toEqual({ 'other-matter': 4, 'no-address': 2, revoked: 1 });
  }
  expect(read('misp', JSON.stringify({ name: 'Ours', type: 'cidr', list: ['198.51.100.0/24'] })).found).toEqual([
    '198.51.100.0/24',
  ]);
});

describe('a list that would do harm', () => {
  const codeOf = (run: () => unknown): string | undefined => {
    try {
      run();
      return undefined;
    } catch (error) {
      return error instanceof IncidentError ? error.code : 'another error';
    }
  };

  test.each<[IntelFormatName, string]>([
    ['plain', ''],
    ['plain', '<html><body>Service unavailable</body></html>'],
    ['plain', '# nothing today\n'],
    ['plain', '198.51.100.7\nsorry\nwe\nmoved\n'],
    ['plain', '0.0.0.0/0'],
    ['plain', Array.from({ length: 256 }, (_, n) => `${n}.0.0.0/8\n`).join('')],
    ['plain', Array.from({ length: 8_192 }, (_, n) => `${(0x2000 + n).toString(16)}::/16\n`).join('')],
    ['stix', '{"objects":[{"type":"indicator","pattern":"[file:size = 1]","revoked":true}]}'],
    ['csv', 'a,b\n1,2\n'],
    ['ipset', '198.51.100.7\n'],
    ['stix', '{"type":"bundle","objects":[]}'],
    ['stix', '[]'],
    ['misp', '{"Event":{"Attribute":[]}}'],
    ['misp', 'null'],
  ])('%s: %j is refused', (format, text) => {
    expect(codeOf(() => readList(format, text, NOW))).toBe('INTEL_LIST_UNREADABLE');
  });

  test('whatever is sent, a reader reads it or refuses it', () => {
    const words = fc.constantFrom(
      '198.51.100.7',
      '/24',
      'add',
      'x',
      ',',
      '"',
      '[',
      ']',
      '{',
      '}',
      "'",
      '=',
      ' ',
      '\n',
      '#',
      'ip',
      'OR',
      '\\',
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(words, { maxLength: 40 }).map((parts) => parts.join('')),
      fc.json(),
    );

    fc.assert(
      fc.property(fc.constantFrom(...INTEL_FORMAT_NAMES), text, (format, sent) => {
        expect([undefined, 'INTEL_LIST_UNREADABLE']).toContain(codeOf(() => readList(format, sent, NOW)));
      }),
      { numRuns: 2_000 },
    );
    fc.assert(
      fc.property(
        fc.array(words).map((parts) => `[ipv4-addr:value${parts.join('')}`),
        (pattern) => {
          const bundle = JSON.stringify({ objects: [{ type: 'indicator', pattern }] });
          expect([undefined, 'INTEL_LIST_UNREADABLE']).toContain(codeOf(() => readList('stix', bundle, NOW)));
        },
      ),
    );
  });
});

test.each<[string, string, IntelFormatName]>([
  ['a.txt', '198.51.100.7\n', 'plain'],
  ['a.csv', 'ip\n198.51.100.7\n', 'csv'],
  ['a.ipset', '# Generated by ipset save\ncreate bad hash:ip\n', 'ipset'],
  ['a.netset', '# FireHOL\n198.51.100.7\n', 'plain'],
  ['a.json', '{"type": "bundle", "objects": []}', 'stix'],
  ['a.json', '{"Event": {}}', 'misp'],
])('%s with %j looks like %s', (name, text, format) => {
  expect(guessFormat(name, text)).toBe(format);
});
