import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { fetch } from 'undici';
import { createApiKeyStore } from '../../activities/store/api-keys';
import { createInventory } from '../../activities/store/inventory';
import { createLeakReportStore } from '../../activities/store/leak-reports';
import { MOST_FAILURES } from '../../api/authenticate';
import { ROUTES } from '../../api/openapi';
import { createApi } from '../../api/server';
import type { IncidentPage } from '../../client';
import { API_ROLES, roleAllows } from '../../domain/api-role';
import { incidentId, type VersionState } from '../../domain/credential';
import { fingerprint } from '../../domain/fingerprint';
import { partitionOf, publicIdSubject, type Subject } from '../../domain/subject';
import { formatToken } from '../../domain/token-format';
import type { UsageBatch, UsageEvent } from '../../domain/usage-event';
import { USAGE_STREAM } from '../../workers/detection/streams';
import type { IncidentInput } from '../../workflows/messages';
import { TEST_PARTITIONS } from '../support/api-parts';
import { eventually } from '../support/eventually';
import { TEST_FINGERPRINT_KEYS } from '../support/fingerprint-keys';
import { isolatedApi, type IsolatedApi } from '../support/isolated-api';
import { recordedLog } from '../support/recorded-log';
import { sampleCredential, sampleVersion } from '../support/sample-credential';
import { findSecrets } from '../support/secret-scan';

const { log, lines } = recordedLog();
const started = new Set<string>();
const keys: Record<string, string> = {};
let api: IsolatedApi;
let manager: JetStreamManager;
let nextId = 1;

beforeAll(async () => {
  api = await isolatedApi('api-programs', { log });
  manager = await jetstreamManager(api.nats);
  for (const role of API_ROLES) keys[role] = await createApiKeyStore(api.database).issue(`the-${role}`, role);
});

afterAll(() => api.stop(started));

interface Answer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly text: string;
  readonly body: Record<string, unknown>;
}

async function call(
  method: 'GET' | 'POST' | 'PUT',
  path: string,
  options: { as?: string; body?: unknown; raw?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const { as = 'responder', body, raw, headers = {} } = options;
  const sent = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const response = await fetch(`${api.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${keys[as] ?? as}`,
      ...(sent === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(sent === undefined ? {} : { body: sent }),
  });
  const text = await response.text();
  const parsed = (text === '' ? {} : JSON.parse(text)) as Answer['body'];
  return { status: response.status, headers: response.headers, text, body: parsed };
}

/** A credential of its own with versions in these states; its ids hold what ids may hold. */
async function known(states: readonly VersionState[] = ['live'], subjects: readonly Subject[] = []): Promise<string> {
  const id = `team/api-programs-${process.pid}-${nextId++}`;
  for (const [index, state] of states.entries()) {
    const version = index + 1;
    const own = index === 0 ? subjects : [];
    await createInventory(api.database).register(
      sampleCredential({ id }),
      sampleVersion({ credentialId: id, version, state, subjects: own }),
    );
    started.add(incidentId(id, version));
  }
  return id;
}

/** What the workflow was started with. */
async function inputOf(id: string): Promise<IncidentInput> {
  const history = await api.temporal.workflow.getHandle(id).fetchHistory();
  const payload = history.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]?.data;
  return JSON.parse(Buffer.from(payload ?? []).toString('utf8')) as IncidentInput;
}

async function runOf(id: string): Promise<string> {
  return (await api.temporal.workflow.getHandle(id).describe()).runId;
}

describe('POST /v1/incidents', () => {
  it('starts the response and says where it is', async () => {
    const id = await known(['revoked', 'live']);

    const answer = await call('POST', '/v1/incidents', { body: { credential: id, reason: 'pasted into a chat' } });

    expect(answer.status).toBe(202);
    expect(answer.body).toEqual({ id: incidentId(id, 2), credential: id, version: 2, severity: 'high' });
    expect(answer.headers.get('location')).toBe(`/v1/incidents/${encodeURIComponent(id)}/2`);
    expect(await inputOf(incidentId(id, 2))).toMatchObject({
      startedBy: 'the-responder',
      assessment: { severity: 'high', reason: 'pasted into a chat', deterministic: true },
    });
  });

  it('starts it for a version that was revoked and never proven dead', async () => {
    const id = await known(['revoked', 'live']);

    const answer = await call('POST', '/v1/incidents', { body: { credential: id, version: 1, reason: 'is it dead?' } });

    expect([answer.status, answer.body['version']]).toEqual([202, 1]);
  });

  it('names the incident that is there already', async () => {
    const id = await known();
    const body = { credential: id, version: 1, reason: 'again' };
    await call('POST', '/v1/incidents', { body });

    const answer = await call('POST', '/v1/incidents', { body });

    expect(answer).toMatchObject({ status: 409, body: { code: 'INCIDENT_EXISTS', incident: incidentId(id, 1) } });
  });

  it('refuses what can not be meant', async () => {
    const id = await known(['revoked', 'live']);
    await createInventory(api.database).setProvenDead(id, 1, true);
    const post = async (body: unknown) => {
      const { status, body: problem } = await call('POST', '/v1/incidents', { body });
      return [status, problem['code']];
    };

    expect(await post({ credential: 'nobody', reason: 'x' })).toEqual([404, 'CREDENTIAL_UNKNOWN']);
    expect(await post({ credential: id, version: 9, reason: 'x' })).toEqual([404, 'VERSION_UNKNOWN']);
    expect(await post({ credential: id, version: 1, reason: 'x' })).toEqual([409, 'VERSION_NOT_LIVE']);
    expect((await call('POST', '/v1/incidents', { raw: '{"credential": "canary' })).body).toMatchObject({
      status: 400,
      code: 'REQUEST_INVALID',
    });
    const faulty = await call('POST', '/v1/incidents', { body: { credential: '', severity: 'dire', canary: 1 } });
    expect((faulty.body['faults'] as { field: string }[]).map(({ field }) => field).sort()).toEqual([
      '',
      'credential',
      'reason',
      'severity',
    ]);
    expect(faulty.text).not.toContain('canary');
  });

  it('refuses a reason that holds a value: people would see it', async () => {
    const id = await known();
    const token = formatToken((size) => Buffer.alloc(size, 7));

    const answer = await call('POST', '/v1/incidents', { body: { credential: id, reason: `found ${token}` } });

    expect(answer).toMatchObject({ status: 400, body: { faults: [{ field: 'reason' }] } });
    expect(answer.text).not.toContain(token);
  });

  it('gives the same key and body the same answer, also when another version is live by then', async () => {
    const id = await known();
    const headers = { 'idempotency-key': `key-${id}` };
    const body = { credential: id, reason: 'on a laptop that was stolen' };
    const first = await call('POST', '/v1/incidents', { body, headers });
    const run = await runOf(incidentId(id, 1));
    await createInventory(api.database).setState(id, 1, 'revoked');
    await createInventory(api.database).register(
      sampleCredential({ id }),
      sampleVersion({ credentialId: id, version: 2 }),
    );

    const again = await call('POST', '/v1/incidents', { body, headers });

    expect([again.status, again.text]).toEqual([202, first.text]);
    expect(again.headers.get('location')).toBe(first.headers.get('location'));
    expect(await runOf(incidentId(id, 1))).toBe(run);
    await expect(runOf(incidentId(id, 2))).rejects.toThrow();
  });

  it('starts one incident for one key, however many come at once', async () => {
    const id = await known();
    const headers = { 'idempotency-key': `at-once-${id}` };
    const body = { credential: id, reason: 'x' };

    const answers = await Promise.all([1, 2, 3, 4].map(() => call('POST', '/v1/incidents', { body, headers })));

    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202]);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  });

  it('answers anew when the first try got no answer: it knows its own incident', async () => {
    const id = await known();
    const headers = { 'idempotency-key': `crashed-${id}` };
    const body = { credential: id, reason: 'x' };
    const first = await call('POST', '/v1/incidents', { body, headers });
    await api.database.query('UPDATE api_requests SET status = NULL, answer = NULL WHERE key = $1', [`crashed-${id}`]);

    const again = await call('POST', '/v1/incidents', { body, headers });

    expect([again.status, again.text]).toEqual([202, first.text]);
  });

  it('refuses a key that came with another body, and keeps callers apart', async () => {
    const [id, other] = [await known(), await known()];
    const headers = { 'idempotency-key': `reused-${id}` };
    await call('POST', '/v1/incidents', { body: { credential: id, reason: 'x' }, headers });

    const reused = await call('POST', '/v1/incidents', { body: { credential: other, reason: 'x' }, headers });
    const others = await call('POST', '/v1/incidents', {
      as: 'admin',
      body: { credential: other, reason: 'x' },
      headers,
    });

    expect(reused).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY_KEY_REUSED' } });
    expect(others.status).toBe(202);
  });
});

describe('GET /v1/incidents', () => {
  it('filters and pages', async () => {
    const ids = [await known(), await known(), await known()];
    for (const [index, credential] of ids.entries())
      await call('POST', '/v1/incidents', {
        body: { credential, severity: index === 0 ? 'critical' : 'medium', reason: 'x' },
      });
    const list = async (query: string) =>
      (await call('GET', `/v1/incidents?${query}`, { as: 'viewer' })).body as unknown as IncidentPage;
    const [first = '', second = ''] = ids;
    const byCredential = `credential=${encodeURIComponent(first)}`;

    const found = await eventually(
      () => list(`${byCredential}&severity=critical&stage=opened&ownerTeam=payments`),
      ({ incidents }) => incidents.length === 1,
    );
    expect(found.incidents).toMatchObject([
      {
        id: incidentId(first, 1),
        credential: first,
        status: 'running',
        severity: 'critical',
        stage: 'opened',
        ownerTeam: 'payments',
        provider: 'postgres-role',
        closedAt: null,
      },
    ]);
    expect(found.next).toBeNull();
    expect((await list(`${byCredential}&severity=low`)).incidents).toEqual([]);
    await eventually(
      () => list(`credential=${encodeURIComponent(second)}`),
      ({ incidents }) => incidents.length === 1,
    );

    const seen: string[] = [];
    let page: string | null = '';
    while (page !== null && seen.length < 100) {
      const answer: IncidentPage = await list(`severity=medium&pageSize=1${page ? `&page=${page}` : ''}`);
      expect(answer.incidents.length).toBeLessThanOrEqual(1);
      seen.push(...answer.incidents.map(({ id }) => id));
      page = answer.next;
    }
    expect(seen).toContain(incidentId(second, 1));
    expect(new Set(seen).size).toBe(seen.length);
  });

  it.each(['stage=nowhere', `credential=${encodeURIComponent("x' OR 'a'='a")}`, 'pageSize=0', 'page=canary', 'x=1'])(
    'answers 400 to ?%s',
    async (query) => {
      const answer = await call('GET', `/v1/incidents?${query}`, { as: 'viewer' });

      expect(answer).toMatchObject({ status: 400, body: { code: 'REQUEST_INVALID' } });
      expect(answer.text).not.toContain('canary');
    },
  );

  it('answers 404 for one that is not there, and 503 while no worker can tell', async () => {
    const id = await known();
    await call('POST', '/v1/incidents', { body: { credential: id, reason: 'x' } });

    const none = await call('GET', '/v1/incidents/nobody/1', { as: 'viewer' });
    const mute = await call('GET', `/v1/incidents/${encodeURIComponent(id)}/1`, { as: 'viewer' });

    expect(none).toMatchObject({ status: 404, body: { code: 'INCIDENT_UNKNOWN' } });
    expect(mute).toMatchObject({ status: 503, body: { code: 'BACKEND_UNAVAILABLE' } });
  });
});

/** Everything in the usage stream. */
async function usageStream(): Promise<{ partition: number; events: UsageBatch['events'] }[]> {
  const { state } = await manager.streams.info(USAGE_STREAM);
  const found = [];
  for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
    const message = await manager.streams.getMessage(USAGE_STREAM, { seq });
    if (!message) continue;
    found.push({ partition: Number(message.subject.split('.')[1]), ...message.json<UsageBatch>() });
  }
  return found;
}

function use(id: string, more: Partial<UsageEvent> = {}): UsageEvent {
  return {
    kind: 'usage',
    id,
    at: Date.now(),
    subject: publicIdSubject('api-token', id),
    source: 'billing-proxy',
    principalKind: 'workload',
    client: { address: '88.198.10.20', agent: 'billing/1.0' },
    action: { kind: 'read', name: '/reports' },
    outcome: 'accepted',
    ...more,
  };
}

describe('POST /v1/usage', () => {
  it('puts each event into the partition of its subject', async () => {
    const events = Array.from({ length: 20 }, (_, index) => use(`placed-${index}`));

    const answer = await call('POST', '/v1/usage', { as: 'reporter', body: { events } });

    expect([answer.status, answer.body]).toEqual([202, { accepted: 20 }]);
    const stored = (await usageStream()).flatMap(({ partition, events: some }) =>
      some.map((event) => ({ partition, event })),
    );
    const placed = stored.filter(({ event }) => event.id.startsWith('placed-'));
    expect(placed.map(({ event }) => event).sort((a, b) => a.id.localeCompare(b.id))).toEqual(
      [...events].sort((a, b) => a.id.localeCompare(b.id)),
    );
    for (const { partition, event } of placed) expect(partition).toBe(partitionOf(event.subject, TEST_PARTITIONS));
  });

  it('takes none when one is at fault, and names every fault by its place', async () => {
    const before = (await manager.streams.info(USAGE_STREAM)).state.messages;
    const events = [
      use('good'),
      { ...use('wrong'), outcome: 'canary', extra: 'canary' },
      use('late', { at: Date.now() + 3_600_000 }),
      // A mark that would make detectors look away, and a fact that is not a caller's to state.
      use('probe', { probe: 'verify' }),
      { kind: 'control', id: 'c', at: 1, subject: publicIdSubject('api-token', 'x'), listed: 'none' },
    ];

    const answer = await call('POST', '/v1/usage', { as: 'reporter', body: { events } });

    expect(answer).toMatchObject({ status: 400, body: { code: 'REQUEST_INVALID' } });
    const faults = answer.body['faults'] as { index: number; field: string }[];
    expect([...new Set(faults.map(({ index }) => index))]).toEqual([1, 2, 3, 4]);
    expect(faults.filter(({ index }) => index === 1).map(({ field }) => field)).toEqual(['outcome', '']);
    expect(answer.text).not.toContain('canary');
    expect((await manager.streams.info(USAGE_STREAM)).state.messages).toBe(before);
  });

  it.each([[{ events: [] }], [{ events: Array.from({ length: 1001 }, () => 1) }], [[]]])(
    'refuses a batch that is none',
    async (body) => {
      expect((await call('POST', '/v1/usage', { body })).status).toBe(400);
    },
  );
});

describe('POST /v1/leak-reports', () => {
  const CANARY = formatToken((size) => Buffer.alloc(size, 41));

  it('keeps no value, and answers for one of ours as for any other', async () => {
    const subjects = TEST_FINGERPRINT_KEYS.map((key) => fingerprint(CANARY, key));
    const id = await known(['live'], subjects);
    const stranger = formatToken((size) => Buffer.alloc(size, 42));

    const ours = await call('POST', '/v1/leak-reports', { body: { token: CANARY, source: 'a public repository' } });
    const others = await call('POST', '/v1/leak-reports', { body: { token: stranger, source: 'a public repository' } });

    for (const answer of [ours, others]) {
      expect([answer.status, Object.keys(answer.body), answer.body['status']]).toEqual([
        202,
        ['id', 'status'],
        'received',
      ]);
    }
    const store = createLeakReportStore(api.database);
    const counts = await eventually(
      () => store.counts(),
      ({ open = 0 }) => open === 0,
    );
    expect(counts).toMatchObject({ incident: 1, unknown: 1 });
    const input = await inputOf(incidentId(id, 1));
    expect(input).toMatchObject({
      startedBy: 'the-responder',
      assessment: { families: ['listed'], deterministic: true, severity: 'high' },
    });
    const stream = await usageStream();
    const listed = stream.flatMap(({ events }) => events).filter((event) => event.kind === 'control');
    expect(listed.map(({ subject, listed: as }) => [subject, as]).sort()).toEqual(
      [...subjects].sort().map((one) => [one, 'leaked']),
    );

    const { rows } = await api.database.query('SELECT * FROM leak_reports');
    const history = await api.temporal.workflow.getHandle(incidentId(id, 1)).fetchHistory();
    expect(
      findSecrets({ rows, lines, stream, history, answers: [ours.text, others.text] }, [CANARY, stranger]),
    ).toEqual([]);
  });

  it('takes a subject too, joins the incident there is, and leaves dead versions dead', async () => {
    const subject = publicIdSubject('postgres-role', `orders/reported-${process.pid}`);
    const id = await known(['live'], [subject]);
    const dead = publicIdSubject('postgres-role', `orders/dead-${process.pid}`);
    await known(['revoked'], [dead]);
    for (const one of [subject, subject, dead])
      await call('POST', '/v1/leak-reports', { body: { subject: one, source: 'a person', severity: 'critical' } });

    await eventually(
      () => createLeakReportStore(api.database).counts(),
      ({ open = 0 }) => open === 0,
    );

    const { rows } = await api.database.query<{ outcome: string }>(
      `SELECT outcome FROM leak_reports WHERE source = 'a person' ORDER BY received_at`,
    );
    expect(rows.map(({ outcome }) => outcome)).toEqual(['incident', 'incident', 'dead']);
    const { events = [] } = await api.temporal.workflow.getHandle(incidentId(id, 1)).fetchHistory();
    expect(events?.filter((event) => event.workflowExecutionSignaledEventAttributes)).toHaveLength(2);
    const listed = (await usageStream()).flatMap(({ events: some }) => some).map(({ subject: one }) => one);
    expect(listed).not.toContain(dead);
  });

  it('settles a report whose process died after its answer', async () => {
    const subject = publicIdSubject('postgres-role', `orders/later-${process.pid}`);
    const id = await known(['live'], [subject]);
    const store = createLeakReportStore(api.database);
    // As a process leaves it that died between its answer and its deed.
    await store.add({
      id: '00000000-0000-4000-8000-000000000001',
      subjects: [subject],
      source: 'before the crash',
      severity: 'high',
      reporter: 'the-responder',
      receivedAt: Date.now(),
    });

    await api.desk.settleOpen();

    expect((await inputOf(incidentId(id, 1))).assessment.reason).toContain('before the crash');
    expect(await store.open()).toEqual([]);
  });

  it('what a scanner has found is its word, whoever hands it in, and held to the hour of scanners', async () => {
    const subject: Subject = publicIdSubject('test', 'found-by-a-scanner');
    await known(['live'], [subject]);

    for (const type of ['', 'generic-api-key'])
      await call('POST', '/v1/leak-reports', { body: { subject, type, source: `of type "${type}"` } });

    const { rows } = await api.database.query<{ reporter: string }>(
      `SELECT reporter FROM leak_reports WHERE source LIKE 'of type%' ORDER BY received_at`,
    );
    expect(rows.map(({ reporter }) => reporter)).toEqual(['the-responder', 'feed:the-responder']);
  });

  it.each([
    ['neither', { source: 's' }],
    ['both', { source: 's', token: 'canary-canary', subject: 'id:api-token:x' }],
    ['a value where a subject belongs', { source: 's', subject: 'canary' }],
    ['a value in a text', { source: CANARY, subject: 'id:api-token:x' }],
    ['an unknown field', { source: 's', token: 'canary-canary', [CANARY]: 1 }],
  ])('refuses %s, and repeats nothing of it', async (_case, body) => {
    const answer = await call('POST', '/v1/leak-reports', { body });

    expect(answer).toMatchObject({ status: 400, body: { code: 'REQUEST_INVALID' } });
    expect(findSecrets([answer.text, lines], ['canary', CANARY])).toEqual([]);
  });
});

describe('the description', () => {
  it('and the server name the same routes', async () => {
    const described = createApi(api.parts);
    const served = new Set<string>();
    described.addHook('onRoute', ({ method, url: path }) => {
      const name = path.replace(/:(\w+)/g, '{$1}');
      for (const one of [method].flat()) if (one !== 'HEAD') served.add(`${one.toLowerCase()} ${name}`);
    });
    await described.ready();
    await described.close();

    expect([...served].sort()).toEqual(ROUTES.map(({ method, path }) => `${method} ${path}`).sort());
  });

  it('is served to everybody, and refers to nothing that is not in it', async () => {
    const response = await fetch(`${api.url}/v1/openapi.json`);
    const document = (await response.json()) as { openapi: string; paths: Record<string, unknown> };

    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths).sort()).toEqual(
      ROUTES.map(({ path }) => path)
        .filter((one, index, all) => all.indexOf(one) === index)
        .sort(),
    );
    const refs = new Set([...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref]) => ref));
    expect([...refs]).toEqual(['#/components/schemas/Problem']);
  });

  it('says which role each route demands', async () => {
    // Values are a dependent's alone, and only its own credentials': the secret route has tests of that.
    for (const { method, path, role } of ROUTES.filter((one) => one.role !== undefined && one.role !== 'dependent')) {
      for (const as of API_ROLES) {
        const verb = method.toUpperCase() as Uppercase<typeof method>;
        const answer = await call(verb, path.replace('{credential}', 'x').replace('{version}', '0'), {
          as,
          ...(method === 'get' ? {} : { body: {} }),
        });
        const refused = !roleAllows(as, role ?? 'admin');
        expect([path, as, answer.status === 403]).toEqual([path, as, refused]);
        if (refused) expect(answer.body).toMatchObject({ code: 'ROLE_INSUFFICIENT' });
        else expect([200, 400]).toContain(answer.status);
      }
    }
  });
});

describe('what is wrong with a request', () => {
  it('is a problem also where there is no route', async () => {
    const answer = await call('GET', '/v1/nowhere');

    expect(answer).toMatchObject({ status: 404, body: { code: 'ROUTE_UNKNOWN' } });
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
  });

  it('is that it came too often without a key; those with one go on', async () => {
    const strange = `tqk_${'y'.repeat(43)}`;
    const statuses: number[] = [];
    for (let tries = 0; tries <= MOST_FAILURES.max; tries++)
      statuses.push((await call('GET', '/v1/incidents', { as: strange })).status);
    const limited = await call('GET', '/v1/incidents', { as: strange });

    expect(statuses[0]).toBe(401);
    expect(limited).toMatchObject({ status: 429, body: { code: 'RATE_LIMITED' } });
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await call('GET', '/v1/incidents', { as: 'viewer' })).status).toBe(200);
  });

  it('is that NATS is away: usage is sent again, and a leak report is kept until it is back', async () => {
    const subject = publicIdSubject('postgres-role', `orders/away-${process.pid}`);
    const id = await known(['live'], [subject]);
    const store = createLeakReportStore(api.database);
    await api.natsServer.stop();

    const usage = await call('POST', '/v1/usage', { body: { events: [use('while-away')] } });
    const report = await call('POST', '/v1/leak-reports', { body: { subject, source: 'while NATS was away' } });

    expect(usage).toMatchObject({ status: 503, body: { code: 'BACKEND_UNAVAILABLE' } });
    expect(report.status).toBe(202);
    await api.desk.settleOpen();
    expect(await store.open()).toMatchObject([{ source: 'while NATS was away' }]);

    await api.natsServer.start();
    const left = await eventually(
      async () => {
        await api.desk.settleOpen();
        return store.open();
      },
      (open) => open.length === 0,
      30_000,
    );

    expect(left).toEqual([]);
    expect((await inputOf(incidentId(id, 1))).assessment.reason).toContain('while NATS was away');
  });
});

afterAll(() => {
  expect(findSecrets(lines, Object.values(keys))).toEqual([]);
});
