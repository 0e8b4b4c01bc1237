import { gzipSync } from 'node:zlib';
import { utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fetchList, readUnnamed } from '../../../intel/fetch-list';
import { httpGet } from '../../../intel/http-get';
import { isListAddress, type ListSource } from '../../../intel/list-source';
import { listServer, type ListServer } from '../../support/list-server';
import { temporaryFolder } from '../../support/temporary-folder';

let server: ListServer;
const folder = temporaryFolder();

beforeEach(async () => {
  server = await listServer((_request, response) => response.end('198.51.100.7\n'));
});

afterEach(() => server.stop());

const signal = new AbortController().signal;

function get(more: Partial<ListSource> = {}, etag?: string) {
  return fetchList({ from: `${server.url}/list`, format: 'plain', ...more }, { now: 0, signal, etag });
}

async function networksOf(fetching: ReturnType<typeof get>): Promise<string[]> {
  const list = await fetching;
  if (list === 'unchanged') throw new Error('unchanged');
  return [...list.networks.networks()];
}

test('fetches a list, and says who asks', async () => {
  expect(await networksOf(get({ access: { kind: 'header', name: 'x-api-key', value: 'made-up' } }))).toEqual([
    '198.51.100.7',
  ]);
  await get({ access: { kind: 'basic', user: 'ana', password: 'made up' } });

  expect(server.requests.map(({ headers }) => headers['x-api-key'] ?? headers.authorization)).toEqual([
    'made-up',
    `Basic ${Buffer.from('ana:made up').toString('base64')}`,
  ]);
});

test('a server that knows the content does not send it again', async () => {
  server.answer = (request, response) => {
    if (request.headers['if-none-match'] === '"1"') response.writeHead(304).end();
    else response.writeHead(200, { etag: '"1"' }).end('198.51.100.7\n');
  };

  expect(await get()).toMatchObject({ etag: '"1"' });
  expect(await get({}, '"1"')).toBe('unchanged');
});

test('content that names more once its time has come is asked for again', async () => {
  const indicator = (from: string) => ({
    type: 'indicator',
    pattern: "[ipv4-addr:value = '198.51.100.7']",
    valid_from: from,
  });
  const answer = (from: string) => JSON.stringify({ type: 'bundle', objects: [indicator(from)] });
  server.answer = (request, response) =>
    response
      .writeHead(200, { etag: '"1"' })
      .end(answer(request.url === '/soon' ? '1970-01-01T00:00:01Z' : '1970-01-01'));

  expect(await get({ from: `${server.url}/soon`, format: 'stix' })).not.toHaveProperty('etag');
  expect(await get({ format: 'stix' })).toHaveProperty('etag', '"1"');
});

test('a redirection is not followed: neither list nor password goes elsewhere', async () => {
  const elsewhere = await listServer((_request, response) => response.end('0.0.0.0\n'));
  server.answer = (_request, response) => response.writeHead(302, { location: elsewhere.url }).end();

  await expect(get()).rejects.toMatchObject({ code: 'INTEL_LIST_UNREACHABLE' });
  expect(elsewhere.requests).toEqual([]);
  await elsewhere.stop();
});

test.each([401, 404, 500])('a server that answers %d gave no list, and its words go nowhere', async (status) => {
  server.answer = (_request, response) => response.writeHead(status).end('198.51.100.7 made-up-secret\n');

  const failure: unknown = await get({ from: `${server.url}/list?key=made-up-key` }).catch((error: unknown) => error);

  expect(failure).toMatchObject({ code: 'INTEL_LIST_UNREACHABLE' });
  expect(JSON.stringify(failure) + String(failure)).not.toMatch(/made-up/);
});

test('a list that breaks off is none', async () => {
  server.answer = (_request, response) => {
    response.writeHead(200, { 'content-length': '1000' }).write('198.51.100.7\n');
    setTimeout(() => response.destroy(), 20);
  };

  await expect(get()).rejects.toMatchObject({ code: 'INTEL_LIST_UNREACHABLE' });
});

test('no more is read than may be, after unpacking', async () => {
  server.answer = (_request, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('198.51.100.7\n'.repeat(100_000)));

  await expect(httpGet(server.url, { signal, mostBytes: 10_000 })).rejects.toMatchObject({
    code: 'INTEL_LIST_UNREADABLE',
  });
});

test('what runs out so long after it was written runs out by the time its source tells', async () => {
  const [file, written] = [join(folder.path, 'bad.ipset'), Date.UTC(2026, 0, 6, 12)];
  const source = { from: file, format: 'ipset' } as const;
  await writeFile(file, 'add bad 198.51.100.7 timeout 60\n');
  await utimes(file, written / 1000, written / 1000);
  server.answer = (_request, response) =>
    response.setHeader('last-modified', new Date(written).toUTCString()).end('add bad 198.51.100.7 timeout 60\n');

  for (const from of [file, `${server.url}/list`]) {
    expect(await fetchList({ ...source, from }, { now: written + 59_000, signal })).toMatchObject({ leftOut: {} });
    expect(await fetchList({ ...source, from }, { now: written + 61_000, signal })).toMatchObject({
      leftOut: { expired: 1 },
    });
  }
  expect(await readUnnamed(file, written + 59_000)).toMatchObject({ format: 'ipset', leftOut: {} });
  expect(await readUnnamed(file, written + 61_000)).toMatchObject({ leftOut: { expired: 1 } });
});

test('a file may be packed; one that is not there is unreachable', async () => {
  const file = join(folder.path, 'list.txt.gz');
  await writeFile(file, gzipSync('198.51.100.7\n'));

  expect(await readUnnamed(file, 0)).toMatchObject({ format: 'plain', networks: { size: 1 } });
  await expect(readUnnamed(join(folder.path, 'none'), 0)).rejects.toMatchObject({ code: 'INTEL_LIST_UNREACHABLE' });
});

test.each([
  ['https://lists.example.com/a?b=c', true],
  ['http://127.0.0.1:8080/a', true],
  ['http://localhost/a', true],
  ['/etc/tourniquet/list.txt', true],
  ['http://lists.example.com/a', false],
  ['https://user:password@lists.example.com/a', false],
  ['ftp://lists.example.com/a', false],
  ['file:///etc/passwd', false],
  ['list.txt', false],
])('a list from %s: %s', (from, allowed) => {
  expect(isListAddress(from)).toBe(allowed);
});

describe('taxii', () => {
  const page = (next: string | undefined, ...addresses: readonly string[]) =>
    JSON.stringify({
      more: next !== undefined,
      next,
      objects: addresses.map((address) => ({ type: 'indicator', pattern: `[ipv4-addr:value = '${address}']` })),
    });
  const taxii = () => get({ from: `${server.url}/api/collections/1/`, format: 'taxii' });

  test('asks page by page, for indicators only', async () => {
    server.answer = (request, response) =>
      response.end(request.url?.includes('next=p2') ? page(undefined, '203.0.113.9') : page('p2', '198.51.100.7'));

    expect(await networksOf(taxii())).toEqual(['198.51.100.7', '203.0.113.9']);
    expect(server.requests.map(({ url }) => url)).toEqual([
      '/api/collections/1/objects/?match%5Btype%5D=indicator&limit=1000',
      '/api/collections/1/objects/?match%5Btype%5D=indicator&limit=1000&next=p2',
    ]);
    expect(server.requests[0]?.headers.accept).toBe('application/taxii+json;version=2.1');
  });

  test('asks for what was added later where the server says no more than when the last was', async () => {
    server.answer = (request, response) => {
      const isLast = request.url?.includes('added_after=2026-01-06T11%3A59%3A59.999Z') === true;
      response.setHeader('X-TAXII-Date-Added-Last', isLast ? '2026-01-06T13:00:00Z' : '2026-01-06T12:00:00Z');
      response.end(
        JSON.stringify({
          ...JSON.parse(page(undefined, isLast ? '203.0.113.9' : '198.51.100.7')),
          next: null,
          more: !isLast,
        }),
      );
    };

    expect(await networksOf(taxii())).toEqual(['198.51.100.7', '203.0.113.9']);
  });

  test('leaves out what is not valid yet', async () => {
    const indicator = (last: number, more: object) => ({
      ...{ type: 'indicator', pattern: `[ipv4-addr:value = '198.51.100.${last}']`, ...more },
    });
    const objects = [indicator(7, { valid_from: '1970-01-01T00:00:01Z' }), indicator(8, { valid_from: '1970-01-01' })];
    server.answer = (_request, response) => response.end(JSON.stringify({ objects }));

    expect(await networksOf(taxii())).toEqual(['198.51.100.8']);
  });

  test.each([
    ['the same page for ever', page('p2', '198.51.100.7')],
    ['more, and no way to it', '{"more":true,"objects":[]}'],
    ['no envelope', '[]'],
    ['no JSON', 'sorry'],
  ])('%s is refused', async (_title, answer) => {
    server.answer = (_request, response) => response.end(answer);

    await expect(taxii()).rejects.toMatchObject({ code: 'INTEL_LIST_UNREADABLE' });
  });
});
