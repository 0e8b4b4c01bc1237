import { createPublicKey } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { githubFeed } from '../../../../api/leak-feeds/github';
import { createGithubKeys } from '../../../../api/leak-feeds/github-keys';

/** The test vector of GitHub's documentation. */
const ID = 'f9525bf080f75b3506ca1ead061add62b8633a346606dc5fe544e29231c6ee0d';
const KEY =
  'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEsz9ugWDj5jK5ELBK42ynytbo38gPHzZFI03Exwz8Lh/tCfL3YxwMdLjB+bMznsanlhK0RwcGP3IDb34kQDIo3Q==';
const SIGNATURE = 'MEUCIFLZzeK++IhS+y276SRk2Pe5LfDrfvTXu6iwKKcFGCrvAiEAhHN2kDOhy2I6eGkOFmxNkOJ+L2y8oQ9A2T9GGJo6WJY=';
const BODY = Buffer.from('[{"token":"some_token","type":"some_type","url":"some_url","source":"some_source"}]');
const PEM = `-----BEGIN PUBLIC KEY-----\n${KEY}\n-----END PUBLIC KEY-----\n`;
const headers = (id = ID, signature = SIGNATURE) => ({
  'github-public-key-identifier': id,
  'github-public-key-signature': signature,
});

describe('a finding of GitHub', () => {
  const feed = githubFeed({ find: (id) => Promise.resolve(id === ID ? createPublicKey(PEM) : undefined) });

  it('is believed under its signature over the raw body, and under no other', async () => {
    const verified = (given: object, body = BODY) => feed.verify(given as Record<string, string>, body, 0);

    expect(await verified(headers())).toBe(true);
    expect(await verified(headers(), Buffer.concat([BODY, Buffer.from(' ')]))).toBe(false);
    expect(await verified(headers('another'))).toBe(false);
    expect(await verified(headers(ID, 'AAAA'))).toBe(false);
    expect(await verified({})).toBe(false);
  });

  it('is read, and answered by the hash of the value', () => {
    const found = feed.read(BODY);

    expect(found).toEqual([{ secret: { token: 'some_token' }, type: 'some_type', place: 'some_url (some_source)' }]);
    expect(feed.answer?.(found, ['taken'])).toEqual([
      {
        token_hash: '9a45520a1213f15016d2d768b5fb3d904492a44ee274b44d4de8803e00fb536a',
        token_type: 'some_type',
        label: 'true_positive',
      },
    ]);
    expect(feed.answer?.(found, ['unknown'])).toMatchObject([{ label: 'false_positive' }]);
    expect(feed.answer?.(found, ['public'])).toEqual([]);
  });

  it.each([['no JSON'], ['{}'], ['[{"type":"x"}]'], ['[{"token":""}]']])('that is %s is refused', (text) => {
    expect(() => feed.read(Buffer.from(text))).toThrow('faults');
  });
});

describe('the keys of GitHub', () => {
  let server: Server;
  let asked: (string | undefined)[];
  let broken: boolean;
  let replaced: boolean;
  let url: string;

  beforeEach(async () => {
    [asked, broken, replaced] = [[], false, false];
    server = createServer((request, response) => {
      const etag = request.headers['if-none-match'];
      asked.push(etag);
      if (broken) return void response.writeHead(500).end();
      if (etag === '"1"' && !replaced) return void response.writeHead(304).end();
      const keys = [{ key_identifier: replaced ? 'another' : ID, key: PEM, is_current: true }];
      response.writeHead(200, { etag: '"1"' }).end(JSON.stringify({ public_keys: keys }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });

  afterEach(() => new Promise((resolve) => server.close(resolve)));

  it('are asked for once, also for many at once, and again for an unknown one once a minute', async () => {
    const keys = createGithubKeys(url);

    expect((await Promise.all([1, 2, 3].map(() => keys.find(ID, 0)))).every((key) => key !== undefined)).toBe(true);
    for (let time = 0; time < 5; time++) expect(await keys.find('invented', 1_000)).toBeUndefined();
    expect(asked).toEqual([undefined]);
    expect(await keys.find('invented', 61_000)).toBeUndefined();
    expect(asked).toEqual([undefined, '"1"']);
    expect(await keys.find(ID, 61_000)).toBeDefined();
  });

  it('are asked for again when they are a day old, so that one that was taken back counts no more', async () => {
    const keys = createGithubKeys(url);
    const day = 86_400_000;
    await keys.find(ID, 0);
    expect(await keys.find(ID, day - 1)).toBeDefined();
    broken = true;
    expect(await keys.find(ID, day)).toBeDefined();
    expect(asked).toEqual([undefined, '"1"']);
    [broken, replaced] = [false, true];

    expect(await keys.find(ID, day + 59_000)).toBeDefined();
    expect(await keys.find(ID, day + 61_000)).toBeUndefined();
    expect(await keys.find('another', day + 61_000)).toBeDefined();
  });

  it('stay in force while GitHub does not answer; without any it is said that nothing can be told', async () => {
    const [keys, without] = [createGithubKeys(url), createGithubKeys(url)];
    await keys.find(ID, 0);
    broken = true;

    expect(await keys.find('invented', 61_000)).toBeUndefined();
    expect(await keys.find(ID, 61_000)).toBeDefined();
    // Whoever waits for the answer meanwhile is told the same: no signature is called bad that nobody could look at.
    const told = await Promise.allSettled([without.find(ID, 0), without.find(ID, 0)]);
    expect(told).toMatchObject(Array(2).fill({ reason: { code: 'BACKEND_UNAVAILABLE' } }));
    broken = false;
    expect(await without.find(ID, 1)).toBeDefined();
  });
});
