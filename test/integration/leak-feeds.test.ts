import { setTimeout as delay } from 'node:timers/promises';
import { createHash, createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { fetch } from 'undici';
import type { Database } from '../../activities/store/database';
import { newApiKey } from '../../activities/store/api-keys';
import { createFeedCounts } from '../../activities/store/feed-counts';
import { createFeedDeliveries } from '../../activities/store/feed-deliveries';
import { createInventory } from '../../activities/store/inventory';
import { createLeakReportStore } from '../../activities/store/leak-reports';
import { createFeedDesk } from '../../api/leak-feeds/feed-desk';
import { githubFeed } from '../../api/leak-feeds/github';
import { gitguardianFeed } from '../../api/leak-feeds/gitguardian';
import { createFindVersions } from '../../api/find-versions';
import { hmslHash } from '../../api/leak-feeds/hmsl-hash';
import { createLeakReportDesk } from '../../api/leak-report-desk';
import type { ApiParts } from '../../api/server';
import { createValueIndex } from '../../api/value-index';
import { incidentId } from '../../domain/credential';
import { fingerprint } from '../../domain/fingerprint';
import { publicIdSubject } from '../../domain/subject';
import { formatToken } from '../../domain/token-format';
import { pageForLeakedApiKeys } from '../../workers/response/leaked-api-keys';
import { pageForWaitingReports } from '../../workers/response/waiting-reports';
import { eventually } from '../support/eventually';
import { TEST_FINGERPRINT_KEYS } from '../support/fingerprint-keys';
import { isolatedApi, type IsolatedApi } from '../support/isolated-api';
import { recordedLog } from '../support/recorded-log';
import { sampleCredential, sampleVersion } from '../support/sample-credential';
import { findSecrets } from '../support/secret-scan';

const GITGUARDIAN_TOKEN = 'a signature token';
const PER_HOUR = 3;
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const { log, lines } = recordedLog();

let api: IsolatedApi;
let next = 0;
const started: string[] = [];

beforeAll(async () => {
  api = await isolatedApi('leak-feeds', {
    log,
    otherParts: (parts, database) => ({ leakFeeds: leakFeeds(parts, database) }),
  });
});

afterAll(() => api.stop(started));

function leakFeeds(parts: ApiParts, database: Database): ApiParts['leakFeeds'] {
  const { inventory, secrets, temporal, taskQueue, policy, fingerprintsOf } = parts;
  const byValue = createValueIndex({ inventory, secrets, hashOf: (value) => fingerprintsOf(value)[0] ?? '' });
  const findVersions = createFindVersions(inventory, byValue, () => Promise.resolve([]));
  const reports = createLeakReportDesk({
    reports: createLeakReportStore(database),
    inventory,
    findVersions,
    parentOf: () => Promise.resolve([]),
    temporal,
    taskQueue,
    policy,
    announce: () => Promise.resolve(),
    mostPerFeedAndHour: PER_HOUR,
    log,
  });
  const desk = createFeedDesk({
    apiKeys: parts.apiKeys,
    reports,
    findVersions,
    fingerprintsOf,
    hmsl: createValueIndex({ inventory, secrets, hashOf: hmslHash }),
    counts: createFeedCounts(database),
    severity: 'high',
    publicTypes: new Set(['publishable_key']),
  });
  const keys = { find: (id: string) => Promise.resolve(id === 'current' ? publicKey : undefined) };
  return {
    feeds: [githubFeed(keys), gitguardianFeed(GITGUARDIAN_TOKEN)],
    desk,
    deliveries: createFeedDeliveries(database),
  };
}

it('is described beside the other routes of the API, with the headers that prove it', async () => {
  const response = await fetch(`${api.url}/v1/openapi.json`);
  const { paths } = (await response.json()) as {
    readonly paths: Readonly<Record<string, { readonly post?: { readonly parameters: readonly { name: string }[] } }>>;
  };
  const headersOf = (feed: string) =>
    paths[`/v1/leak-feeds/${feed}`]?.post?.parameters.map(({ name }) => name.toLowerCase());

  expect(headersOf('github')).toEqual(['github-public-key-identifier', 'github-public-key-signature']);
  expect(headersOf('gitguardian')).toEqual(['gitguardian-signature', 'timestamp']);
  expect(headersOf('another')).toBeUndefined();
  for (const feed of ['github', 'gitguardian']) {
    const unsigned = await fetch(`${api.url}/v1/leak-feeds/${feed}`, { method: 'POST', body: '[]' });
    expect(unsigned.status).toBe(401);
  }
});

beforeEach(async () => {
  await api.database.query('TRUNCATE leak_reports, feed_counts, feed_deliveries');
});

/** A live token of ours, in the inventory and sealed in the store. */
async function ours(): Promise<{ readonly id: string; readonly token: string }> {
  const token = formatToken((size) => createHash('sha512').update(`leak-feeds ${next++}`).digest().subarray(0, size));
  const id = `feeds-${process.pid}-${next}`;
  const version = sampleVersion({
    credentialId: id,
    subjects: TEST_FINGERPRINT_KEYS.map((key) => fingerprint(token, key)),
  });
  await createInventory(api.database).register(sampleCredential({ id, provider: 'api-token' }), version);
  await api.parts.secrets.putIfAbsent(version.secret, JSON.stringify({ kind: 'api-token', token }));
  started.push(incidentId(id, 1));
  return { id, token };
}

async function github(found: readonly object[], { key = 'current', tamper = false } = {}) {
  const body = JSON.stringify(found);
  const response = await fetch(`${api.url}/v1/leak-feeds/github`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'github-public-key-identifier': key,
      'github-public-key-signature': sign('sha256', Buffer.from(body), privateKey).toString('base64'),
    },
    body: tamper ? `${body} ` : body,
  });
  return { status: response.status, body: await response.json() };
}

const finding = (token: string, more: object = {}) => ({
  token,
  type: 'tourniquet_token',
  url: 'https://github.test/o/r/blob/main/.env',
  source: 'content',
  ...more,
});

const isRunning = (id: string): Promise<string> =>
  eventually(
    async () =>
      (
        await api.temporal.workflow
          .getHandle(incidentId(id, 1))
          .describe()
          .catch(() => undefined)
      )?.status.name ?? 'none',
    (status) => status === 'RUNNING',
  );

const reportsKept = async (): Promise<number> => (await api.database.query('SELECT FROM leak_reports')).rowCount ?? 0;

it('a value of ours that GitHub found is answered as a leak; one that is not ours is counted and not kept', async () => {
  const { id, token } = await ours();
  const strangers = 'ghp_somebody_elses_value';

  const answer = await github([finding(token), finding(strangers), finding('pk_public', { type: 'publishable_key' })]);

  const sha256 = (value: string): string => createHash('sha256').update(value).digest('hex');
  expect(answer).toEqual({
    status: 200,
    body: [
      { token_hash: sha256(token), token_type: 'tourniquet_token', label: 'true_positive' },
      { token_hash: sha256(strangers), token_type: 'tourniquet_token', label: 'false_positive' },
    ],
  });
  expect(await isRunning(id)).toBe('RUNNING');
  expect(await reportsKept()).toBe(1);
  expect(await createFeedCounts(api.database).totals('github')).toEqual({ taken: 1, unknown: 1, public: 1 });
  expect(findSecrets(JSON.stringify(lines), [token, strangers])).toEqual([]);
});

it('one finding that is none, is far too long, or has a long place, takes no other with it', async () => {
  const { id, token } = await ours();
  const long = 'x'.repeat(50_000);

  const { status, body } = await github([
    finding(''),
    { token: 7 },
    finding(long, { type: long }),
    finding(token, { url: `https://github.test/${long}`, source: 7 }),
  ]);

  expect([status, (body as readonly { label: string }[]).map(({ label }) => label)]).toEqual([
    200,
    ['false_positive', 'true_positive'],
  ]);
  expect(await isRunning(id)).toBe('RUNNING');
});

it('what is forged, changed, or signed by an unknown key is refused before any of it is read, and leaves nothing', async () => {
  const { token } = await ours();

  const answers = [
    await github([finding(token)], { tamper: true }),
    await github([finding(token)], { key: 'unknown' }),
  ];

  expect(answers).toMatchObject(answers.map(() => ({ status: 401, body: { code: 'FEED_UNVERIFIED' } })));
  expect([await reportsKept(), await createFeedCounts(api.database).totals('github')]).toEqual([0, {}]);
});

it('a replay is refused before it is read, and the same finding told anew is the same report', async () => {
  const { id, token } = await ours();
  const signals = async (): Promise<number> => {
    const { events = [] } = await api.temporal.workflow.getHandle(incidentId(id, 1)).fetchHistory();
    return events?.filter((event) => event.workflowExecutionSignaledEventAttributes).length ?? 0;
  };
  await github([finding(token)]);
  await isRunning(id);
  const before = await signals();

  for (let time = 0; time < 3; time++)
    expect(await github([finding(token)])).toMatchObject({ status: 409, body: { code: 'FEED_REPLAYED' } });
  expect(await createFeedCounts(api.database).totals('github')).toEqual({ taken: 1 });
  expect((await github([finding(token), finding('ghp_another')])).status).toBe(200);

  await api.desk.settleOpen();
  expect([await reportsKept(), await signals()]).toEqual([1, before]);
});

it('a place that holds the value is not shown', async () => {
  const { token } = await ours();
  await github([finding(token, { url: `https://github.test/?key=${token}` })]);

  const { rows } = await api.database.query<{ source: string }>('SELECT source FROM leak_reports');

  expect(rows).toEqual([{ source: 'github: a place whose name holds the value' }]);
});

it('GitGuardian keeps values to itself, and is understood by their hash', async () => {
  const { id, token } = await ours();
  const timestamp = String(Math.floor(Date.now() / 1000));
  const body = JSON.stringify({ action: 'incident_triggered', incident: { hmsl_hash: await hmslHash(token) } });
  const send = (signature: string) =>
    fetch(`${api.url}/v1/leak-feeds/gitguardian`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', timestamp, 'gitguardian-signature': `sha256=${signature}` },
      body,
    });

  expect((await send('0'.repeat(64))).status).toBe(401);
  const good = createHmac('sha256', timestamp + GITGUARDIAN_TOKEN)
    .update(body)
    .digest('hex');
  expect(await (await send(good)).json()).toEqual({ received: 1 });
  expect(await isRunning(id)).toBe('RUNNING');
});

it('a flood of true findings is answered within its hour: the others wait, and people are told', async () => {
  const leaked = await Promise.all(Array.from({ length: PER_HOUR + 2 }, ours));

  await github(leaked.map(({ token }) => finding(token)));

  const store = createLeakReportStore(api.database);
  await eventually(
    () => store.counts(),
    ({ incident }) => incident === PER_HOUR,
  );
  const later = new Date(Date.now() + 120_000);
  expect(await store.waiting(later)).toEqual([{ reporter: 'feed:github', count: 2 }]);
  const told: string[] = [];
  const deps = {
    audiences: { security: [{ notifier: 'test', target: '' }] },
    notifiers: new Map([
      ['test', { id: 'test', send: (_to: string, notice: { title: string }) => void told.push(notice.title) }],
    ]),
    deliveries: { wasSent: () => Promise.resolve(told.length > 0), markSent: () => Promise.resolve() },
  } as unknown as Parameters<typeof pageForWaitingReports>[0];
  for (let round = 0; round < 2; round++) await pageForWaitingReports(deps, store, later.getTime());
  expect(told).toEqual(['[critical] 2 leaks that feed:github found wait']);
});

it('an API key of our own that somebody found is a leak, of which people are told each hour until it is revoked', async () => {
  const { apiKeys } = api.parts;
  const [scanned, reported] = [await apiKeys.issue('scanned', 'responder'), await apiKeys.issue('reported', 'gateway')];

  const answer = await github([finding(scanned), finding(newApiKey())]);
  const report = await fetch(`${api.url}/v1/leak-reports`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${await apiKeys.issue('r', 'responder')}` },
    body: JSON.stringify({ token: `KEY=${reported}`, source: 'a wiki' }),
  });

  expect((answer.body as readonly { label: string }[]).map(({ label }) => label)).toEqual([
    'true_positive',
    'false_positive',
  ]);
  expect(report.status).toBe(202);
  const told: string[] = [];
  const sent = new Set<string>();
  const deps = {
    audiences: { security: [{ notifier: 'test', target: '' }] },
    notifiers: new Map([
      ['test', { id: 'test', send: (_to: string, notice: { title: string }) => void told.push(notice.title) }],
    ]),
    deliveries: {
      wasSent: (key: string) => Promise.resolve(sent.has(key)),
      markSent: (key: string) => Promise.resolve(void sent.add(key)),
    },
  } as unknown as Parameters<typeof pageForLeakedApiKeys>[0];
  const page = (hour: number) => pageForLeakedApiKeys(deps, apiKeys, hour * 3_600_000);
  await page(1);
  await page(1);
  expect(told).toEqual(
    ['reported" (gateway)', 'scanned" (responder)'].map(
      (key) => `[critical] The API key "${key} of Tourniquet itself was found in the open`,
    ),
  );
  await apiKeys.revoke('scanned');
  await apiKeys.issue('reported', 'gateway');
  await page(2);
  expect(told).toHaveLength(2);
});

/** A live version that its records of use name by an id only, and never by its value. */
async function namedById(provider: string, publicId: string, material: object): Promise<string> {
  const id = `feeds-${process.pid}-${++next}`;
  const version = sampleVersion({ credentialId: id, subjects: [publicIdSubject(provider, publicId)] });
  await createInventory(api.database).register(sampleCredential({ id, provider, principal: id }), version);
  await api.parts.secrets.putIfAbsent(version.secret, JSON.stringify(material));
  started.push(incidentId(id, 1));
  return id;
}

it('an access key is ours by its id or its secret, and a password also within a connection string', async () => {
  const suffix = String(process.pid)
    .padStart(6, '0')
    .replace(/[0189]/g, 'Q')
    .slice(0, 6);
  const [byId, bySecret] = [`AKIAAAAAAAAAAA${suffix}`, `AKIABBBBBBBBBB${suffix}`];
  const secretAccessKey = createHash('sha256').update(`secret ${process.pid}`).digest('base64').slice(0, 40);
  const aws = (accessKeyId: string, secret: string) => ({
    ...{ kind: 'aws-access-key', region: 'eu-west-1', accessKeyId, secretAccessKey: secret },
  });
  const password = `p4ss/word-${process.pid}`;
  const role = { kind: 'postgres', host: 'db', port: 5432, database: 'orders', user: 'orders', password };
  const ids = [
    await namedById('aws-access-key', byId, aws(byId, 'x'.repeat(40))),
    await namedById('aws-access-key', bySecret, aws(bySecret, secretAccessKey)),
    await namedById('postgres-role', `orders/role-${process.pid}`, role),
  ];

  // Values are looked through once in two seconds.
  await delay(2_100);

  const { body } = await github([
    finding(`aws_access_key_id=${byId}`),
    finding(`AKIAZZZZZZZZZZZZZZZZ:${secretAccessKey}`),
    finding(`postgres://orders:${encodeURIComponent(password)}@db.example/orders`),
  ]);

  expect(body).toMatchObject(Array(3).fill({ label: 'true_positive' }));
  for (const id of ids) expect(await isRunning(id)).toBe('RUNNING');
});

it('one value in many places takes one place of the hour, and a dead one takes none', async () => {
  const dead = await ours();
  await createInventory(api.database).setState(dead.id, 1, 'revoked');
  const [many, ...others] = await Promise.all(Array.from({ length: PER_HOUR }, ours));

  await github(
    Array.from({ length: 9 }, (_, place) => finding(dead.token, { url: `https://github.test/dead/${place}` })),
  );
  await github(
    Array.from({ length: 9 }, (_, place) => finding(many?.token ?? '', { url: `https://github.test/fork/${place}` })),
  );
  await github(others.map(({ token }) => finding(token)));

  for (const { id } of others) expect(await isRunning(id)).toBe('RUNNING');
  expect(await createLeakReportStore(api.database).waiting(new Date(Date.now() + 120_000))).toEqual([]);
});

// Last: the address has had its minute then.
it('who asks too often is told so', async () => {
  const ask = () => fetch(`${api.url}/v1/leak-feeds/github`, { method: 'POST', body: 'x' });
  // More than two minutes allow, since one may end meanwhile.
  const answers = await Promise.all(Array.from({ length: 241 }, ask));
  const limited = answers.find(({ status }) => status === 429);

  expect(await limited?.json()).toMatchObject({ code: 'RATE_LIMITED' });
});
