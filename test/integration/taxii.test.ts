import { randomUUID } from 'node:crypto';
import { fetchList } from '../../intel/fetch-list';
import type { ListSource } from '../../intel/list-source';
import { startMedallion, TAXII_USER, type Medallion } from '../support/medallion';

let server: Medallion;

beforeAll(async () => {
  server = await startMedallion();
}, 300_000);

afterAll(() => server?.stop());

const NOW = Date.UTC(2026, 10, 25);
const id = randomUUID();

function indicator(pattern: string, more: object = {}) {
  const at = '2026-11-20T00:00:00.000Z';
  return {
    ...{ type: 'indicator', spec_version: '2.1', id: `indicator--${randomUUID()}`, created: at, modified: at },
    ...{ pattern, pattern_type: 'stix', valid_from: at },
    ...more,
  };
}

async function read(more: Partial<ListSource> = {}) {
  const source: ListSource = { from: server.collection, format: 'taxii', access: { kind: 'basic', ...TAXII_USER } };
  const list = await fetchList({ ...source, ...more }, { now: NOW, signal: new AbortController().signal });
  if (list === 'unchanged') throw new Error('unchanged');
  return { networks: [...list.networks.networks()], leftOut: list.leftOut };
}

test('reads a collection of a real TAXII 2.1 server over several pages, indicators only, until they run out', async () => {
  await server.add([
    indicator("[ipv4-addr:value = '198.51.100.7']", { id: `indicator--${id}` }),
    indicator("[ipv4-addr:value = '198.51.100.8']"),
    indicator("[ipv4-addr:value ISSUBSET '203.0.113.0/24']"),
    indicator("[ipv6-addr:value = '2001:db8::1']"),
    indicator("[ipv4-addr:value = '198.51.100.9']", { valid_until: '2026-11-24T00:00:00.000Z' }),
    indicator("[url:value = 'http://example.com/']"),
    { ...indicator(''), type: 'malware', id: `malware--${randomUUID()}`, name: 'none', is_family: false },
  ]);

  expect(await read()).toEqual({
    networks: ['198.51.100.7', '198.51.100.8', '203.0.113.0/24', '2001:db8::1'],
    leftOut: { expired: 1, 'other-matter': 1 },
  });
});

test('of an indicator that was revoked, the newest version counts', async () => {
  await server.add([
    indicator("[ipv4-addr:value = '198.51.100.7']", {
      id: `indicator--${id}`,
      modified: '2026-11-21T00:00:00.000Z',
      revoked: true,
    }),
  ]);

  expect((await read()).networks).not.toContain('198.51.100.7');
});

test.each([
  ['a wrong password', { access: { kind: 'basic', user: 'ana', password: 'another' } }],
  ['no password', { access: { kind: 'header', name: 'x-nobody', value: 'x' } }],
] as const)('%s is refused', async (_title, more) => {
  await expect(read(more)).rejects.toMatchObject({ code: 'INTEL_LIST_UNREACHABLE' });
});

test('a collection that is not there is unreachable', async () => {
  await expect(read({ from: server.collection.replace(/[0-9a-f-]{36}/, randomUUID()) })).rejects.toMatchObject({
    code: 'INTEL_LIST_UNREACHABLE',
  });
});
