import type { FastifyInstance } from 'fastify';
import type { ApiRole } from '../../../domain/api-role';
import type { UsageEvent } from '../../../domain/usage-event';
import { createApi, type ApiParts } from '../../../api/server';
import { openApiDocument } from '../../../api/openapi';
import { foreignMapper, type ForeignSource } from '../../../detectors/sources/registry';
import { sampleUse } from '../../../detectors/sample-life';
import { formatToken } from '../../../domain/token-format';
import { OWN_RULES } from '../../support/own-rules';
import { recordedLog } from '../../support/recorded-log';
import { madeUpTheft } from '../../support/recorded-theft';

let app: FastifyInstance | undefined;

afterEach(() => app?.close());

/** The API with nothing behind it but what takes usage in. */
function api(role: ApiRole = 'reporter') {
  const stored: UsageEvent[] = [];
  const parts = {
    apiKeys: { authenticate: async () => ({ name: 'siem', role }) },
    mapForeign: (source: ForeignSource) => foreignMapper(source, OWN_RULES),
    storeUsage: async (events: readonly UsageEvent[]) => void stored.push(...events),
    log: recordedLog().log,
  } as unknown as ApiParts;
  app = createApi(parts);
  const listening = app.listen({ host: '127.0.0.1', port: 0 });
  const post = async (payload: object) => {
    const answer = await fetch(`${await listening}/v1/usage`, {
      method: 'POST',
      headers: { authorization: `Bearer tqk_${'x'.repeat(43)}`, 'content-type': 'application/json' },
      body: JSON.stringify(payload),
    });
    const text = await answer.text();
    return { status: answer.status, body: JSON.parse(text) as Record<string, unknown>, text };
  };
  return { post, stored };
}

it('takes records of another system as it writes them', async () => {
  const { post, stored } = api();
  const [first] = madeUpTheft();

  const answer = await post({ source: 'cloudtrail', records: [first, { ...first, userIdentity: {} }] });

  expect([answer.status, answer.body]).toEqual([202, { accepted: 1, ignored: 1 }]);
  expect(stored).toMatchObject([{ source: 'cloudtrail', subject: 'id:aws-access-key:AKIASERVICE000000001' }]);
});

it('asks our rules about the records', async () => {
  const { post, stored } = api();
  const [first] = madeUpTheft();

  await post({
    source: 'cloudtrail',
    records: [{ ...first, eventName: 'StopLogging', eventSource: 'cloudtrail.amazonaws.com' }],
  });

  expect(stored).toMatchObject([{ rules: [{ title: 'Audit logging is stopped' }] }]);
});

it('takes none when one is at fault, and names each by its place without its values', async () => {
  const { post, stored } = api();
  const [first] = madeUpTheft();
  const later = { ...first, eventTime: new Date(Date.now() + 3_600_000).toISOString() };

  const { status, body, text } = await post({
    source: 'cloudtrail',
    records: [first, { eventID: { canary: 1 } }, later, 'canary'],
  });

  expect([status, body['code']]).toEqual([400, 'REQUEST_INVALID']);
  expect(body['faults']).toEqual([
    { index: 1, field: 'record', fault: expect.stringContaining('eventID: invalid_type') as string },
    { index: 3, field: 'record', fault: 'record: invalid_type' },
    { index: 2, field: 'at', fault: 'lies in the future' },
  ]);
  expect(text).not.toContain('canary');
  expect(stored).toEqual([]);
});

it('a batch of which nothing concerns us is no fault', async () => {
  const { post, stored } = api();

  expect(await post({ source: 'ocsf', records: [{ class_uid: 3002 }] })).toMatchObject({
    status: 202,
    body: { accepted: 0, ignored: 1 },
  });
  expect(stored).toEqual([]);
});

it.each([
  ['our own events by the name of a source', { source: 'native', records: [{}] }],
  ['an unknown source', { source: 'canary', records: [{}] }],
  ['no records', { source: 'ocsf', records: [] }],
  ['too many', { source: 'ocsf', records: Array.from({ length: 1_001 }, () => ({})) }],
  ['both forms at once', { source: 'ocsf', records: [{}], events: [{}] }],
])('refuses %s', async (_what, payload) => {
  const { status, text } = await api().post(payload);

  expect(status).toBe(400);
  expect(text).not.toContain('canary');
});

it('is for reporters only', async () => {
  const { status } = await api('dependent').post({ source: 'ocsf', records: [{ class_uid: 1 }] });

  expect(status).toBe(403);
});

it('is described in both forms', () => {
  const text = JSON.stringify((openApiDocument()['paths'] as Record<string, unknown>)['/v1/usage']);

  expect(text).toContain('"enum":["cloudtrail","ocsf","nginx","envoy","access-log"]');
  expect(text).toContain('"events"');
});

it('keeps no token of ours that stands in an event, and takes none that names a credential by it', async () => {
  const { post, stored } = api();
  const token = formatToken((size) => Buffer.alloc(size, 7));
  const use = sampleUse({ afterMs: 0, agent: `a ${token}` });

  expect((await post({ events: [{ ...use, id: `id-${token}` }] })).status).toBe(202);
  const refused = await post({ events: [{ ...use, subject: `id:sample:${token}` }] });

  expect(stored).toMatchObject([{ id: 'id-[secret]', client: { agent: 'a [secret]' } }]);
  expect(refused.status).toBe(400);
  expect(refused.text).not.toContain(token);
});
