import * as fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { AddressSet, contentName, type ListedNetwork } from '../../../intel/address-set';
import { formatNetwork, networkWords } from '../../../intel/network-words';

function network(text: string, more: Partial<ListedNetwork> = {}): ListedNetwork {
  const words = networkWords(text);
  if (typeof words === 'string') throw new Error(`${text}: ${words}`);
  return { ...words, until: 0, sources: 1, ...more };
}

/** Close together, so that many lie within others. */
const ipv4 = fc.tuple(fc.constantFrom(198, 203), fc.nat(1), fc.nat(3), fc.nat(255)).map((parts) => parts.join('.'));
const ipv6 = fc.tuple(fc.nat(3), fc.nat(3)).map(([a, b]) => `2001:db8:${a}::${b}`);
const address = fc.oneof(ipv4, ipv6);
const cidr = fc.oneof(
  fc.tuple(ipv4, fc.integer({ min: 8, max: 32 })).map(([base, bits]) => `${base}/${bits}`),
  fc.tuple(ipv6, fc.integer({ min: 16, max: 128 })).map(([base, bits]) => `${base}/${bits}`),
);
const listed = fc.record({ cidr, until: fc.constantFrom(0, 100, 200), sources: fc.integer({ min: 1, max: 9 }) });

/** The definition, one network after the other. */
function slowFind(networks: readonly { cidr: string; until: number; sources: number }[], text: string, at: number) {
  const parsed = ipaddr.process(text);
  const holding = networks
    .map(({ cidr: written, ...rest }) => ({ range: ipaddr.parseCIDR(written), ...rest }))
    .filter(({ range: [base, bits] }) => base.kind() === parsed.kind() && parsed.match(base, bits));
  const distinct = new Map<number, { until: number; sources: number }>();
  for (const { range, until, sources } of holding) {
    const known = distinct.get(range[1]);
    distinct.set(
      range[1],
      known
        ? {
            until: known.until === 0 || until === 0 ? 0 : Math.max(known.until, until),
            sources: Math.max(known.sources, sources),
          }
        : { until, sources },
    );
  }
  return [...distinct.entries()]
    .sort(([a], [b]) => b - a)
    .map(([, found]) => found)
    .find(({ until }) => until === 0 || until * 1000 > at);
}

test('finds the narrowest network that has not run out, as one look after the other would', () => {
  fc.assert(
    fc.property(
      fc.array(listed, { maxLength: 40 }),
      address,
      fc.constantFrom(0, 99_999, 100_000, 200_000),
      (networks, sought, at) => {
        const set = AddressSet.of(networks.map(({ cidr: text, ...more }) => network(text, more)));

        const { isPrivate: _ofTheAddress, ...found } = set.find(sought, at) ?? {};
        expect(found).toEqual(slowFind(networks, sought, at) ?? {});
      },
    ),
    { numRuns: 1_000 },
  );
});

test('the same networks have one content, in whatever order and however often they come', () => {
  fc.assert(
    fc.property(fc.array(listed, { maxLength: 20 }), fc.infiniteStream(fc.nat()), (networks, random) => {
      const all = networks.map(({ cidr: text, ...more }) => network(text, more));
      const mixed = [...all, ...all].map((item) => ({ item, key: random.next().value as number }));
      const again = mixed.sort((a, b) => a.key - b.key).map(({ item }) => item);

      expect(contentName(AddressSet.of(again).encode())).toBe(contentName(AddressSet.of(all).encode()));
    }),
  );
});

test('what is encoded is decoded, and nothing else is', () => {
  const set = AddressSet.of([network('198.51.100.0/24', { until: 7, sources: 3 }), network('2001:db8::/32')]);
  const decoded = AddressSet.decode(set.encode());

  expect(decoded?.find('198.51.100.9', 0)).toMatchObject({ until: 7, sources: 3 });
  expect(decoded?.encode()).toEqual(set.encode());
  expect(AddressSet.decode(set.encode().subarray(1))).toBeUndefined();
  expect(AddressSet.decode(set.encode().subarray(0, -1))).toBeUndefined();
  expect(AddressSet.decode(Buffer.from('something else'))).toBeUndefined();
});

test('an address is known in all its spellings, and what is none is not', () => {
  const set = AddressSet.of([network('198.51.100.7')]);

  for (const same of ['198.51.100.7', '::ffff:198.51.100.7', '::FFFF:c633:6407'])
    expect(set.find(same, 0)).toBeDefined();
  for (const none of [
    '',
    '198.51.100',
    '198.51.100.7.1',
    '198.51.100.0x7',
    'cloudtrail.amazonaws.com',
    '198.51.100.256',
  ])
    expect(set.find(none, 0)).toBeUndefined();
});

test('tells that an address is private, which a network of the Internet does not mean', () => {
  const set = AddressSet.of(['192.128.0.0/9', '172.0.0.0/8', '100.0.0.0/8'].map((text) => network(text)));
  const isPrivate = (address: string) => set.find(address, 0)?.isPrivate;

  expect(['192.168.1.5', '172.16.0.9', '100.64.1.1'].map(isPrivate)).toEqual([true, true, true]);
  expect(['192.200.1.5', '172.217.0.9', '100.200.1.1'].map(isPrivate)).toEqual([false, false, false]);
});

describe('networks of lists', () => {
  test.each([
    ['198.51.100.7', '198.51.100.7'],
    ['198.51.100.7/24', '198.51.100.0/24'],
    ['198.51.100.7/32', '198.51.100.7'],
    ['::ffff:198.51.100.7/120', '198.51.100.0/24'],
    ['2001:db8::1/33', '2001:db8::/33'],
  ])('%s is %s', (text, expected) => {
    expect(formatNetwork(network(text))).toBe(expected);
  });

  test.each([
    ['0.0.0.0/0', 'too-broad'],
    ['198.0.0.0/7', 'too-broad'],
    ['2001::/15', 'too-broad'],
    ['10.0.0.1', 'not-public'],
    ['127.0.0.1', 'not-public'],
    ['fe80::1', 'not-public'],
    ['::ffff:192.168.0.1', 'not-public'],
    ['fe80::/10', 'not-public'],
    ['fc00::/7', 'not-public'],
    ['10.0.0.0/7', 'too-broad'],
    ['198.51.100.7/33', 'no-address'],
    ['198.51.100.7/-1', 'no-address'],
    ['198.51.100.7/24/24', 'no-address'],
    ['198.51.100', 'no-address'],
    ['3325256711', 'no-address'],
    ['198.51.100.07x', 'no-address'],
    ['::ffff:198.51.100.7/64', 'no-address'],
    ['', 'no-address'],
  ])('%s is left out: %s', (text, fault) => {
    expect(networkWords(text)).toBe(fault);
  });

  test('a list of our own places may name private networks, and nothing that means every machine', () => {
    const taken = ['10.0.0.0/8', '100.64.0.7', 'fc00::/7'].map((text) => typeof networkWords(text, true));
    const refused = ['127.0.0.1', '0.0.0.0', 'fe80::1', '10.0.0.0/7'].map((text) => networkWords(text, true));

    expect(taken).toEqual(['object', 'object', 'object']);
    expect(refused).toEqual(['not-public', 'not-public', 'not-public', 'too-broad']);
  });
});

test('a large list is kept in 22 bytes a network', () => {
  const count = 20_000;
  const all = Array.from({ length: count }, (_, index) =>
    network(`${20 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}.0/24`),
  );
  const set = AddressSet.of(all);

  expect(set.size).toBe(count);
  expect(set.encode().length).toBe(8 + 22 * count);
  expect(set.find('20.7.9.200', 0)).toBeDefined();
  expect(set.find('19.7.9.200', 0)).toBeUndefined();
});
