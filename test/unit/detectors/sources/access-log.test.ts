import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { foreignMapper } from '../../../../detectors/sources/registry';
import { RuleSet } from '../../../../detectors/sigma/rule-set';
import { formatToken } from '../../../../domain/token-format';
import { usageEvent, type UsageEvent } from '../../../../domain/usage-event';

const mapAccessLog = foreignMapper('access-log', RuleSet.EMPTY);

const SUBJECT = `fp:k1:${'ab'.repeat(32)}`;
const EXAMPLES = resolve(__dirname, '../../../../docs/examples');

/** A line as the documented `log_format` of nginx writes it. */
const nginx = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  time_iso8601: '2026-01-06T12:00:00+00:00',
  msec: '1767700800.123',
  request_id: '0123456789abcdef0123456789abcdef',
  remote_addr: '192.0.2.10',
  remote_user: '',
  request_method: 'GET',
  uri: '/reports/7',
  status: '200',
  body_bytes_sent: '1234',
  http_user_agent: 'curl/8.5.0',
  http_referer: '',
  http_content_type: '',
  http_x_api_version: '',
  tourniquet_subject: SUBJECT,
  tourniquet_outcome: 'accepted',
  ...more,
});

/** A line as the documented `json_format` of Envoy writes it. */
const envoy = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  start_time: '2026-01-06T12:00:00.123Z',
  request_id: '9f1c6c1e-0000-4000-8000-000000000001',
  method: 'GET',
  path: '/reports/7',
  response_code: 200,
  bytes_sent: 1234,
  downstream_remote_address: '192.0.2.10:51234',
  user_agent: 'curl/8.5.0',
  request_headers: { referer: null, content_type: null, x_api_version: null },
  tourniquet_subject: SUBJECT,
  tourniquet_outcome: 'accepted',
  ...more,
});

function mapped(line: Record<string, unknown>): UsageEvent {
  const result = mapAccessLog(line);
  if (result.kind !== 'event') throw new Error(JSON.stringify(result));
  return result.event;
}

test.each([
  ['nginx', nginx(), /^nginx:0123456789abcdef0123456789abcdef\/[0-9a-f]{12}$/],
  ['envoy', envoy(), /^envoy:9f1c6c1e-0000-4000-8000-000000000001\/[0-9a-f]{12}$/],
])('%s: a line becomes a usage event that the schema accepts', (source, line, id) => {
  const event = mapped(line);

  expect(usageEvent.safeParse(event).success).toBe(true);
  expect(event).toEqual({
    kind: 'usage',
    id: expect.stringMatching(id) as string,
    at: 1767700800123,
    subject: SUBJECT,
    source,
    principalKind: 'unknown',
    client: { address: '192.0.2.10', agent: 'curl/8.5.0' },
    action: { kind: 'read', name: 'GET /reports/*' },
    outcome: 'accepted',
    bytes: 1234,
  });
});

test('the documented formats have exactly the fields of these lines', () => {
  const conf = readFileSync(resolve(EXAMPLES, 'nginx.conf'), 'utf8');
  const format = /log_format tourniquet escape=json(?<format>[^;]*);/.exec(conf)?.groups?.['format'] ?? '';
  const yaml = parse(readFileSync(resolve(EXAMPLES, 'envoy.yaml'), 'utf8')) as {
    access_log: [{ typed_config: { log_format: { json_format: Record<string, string> } } }];
  };

  expect([...format.matchAll(/"(\w+)":"\$\w+"/g)].map(([, name]) => name)).toEqual(Object.keys(nginx()));
  expect(Object.keys(yaml.access_log[0].typed_config.log_format.json_format)).toEqual(Object.keys(envoy()));
});

test.each([
  ['nothing of a query', '/search?api_key=hunter2', 'GET /search'],
  ['nothing behind a semicolon', '/a;jsessionid=hunter2/b', 'GET /a/b'],
  ['nothing of an authority', 'http://me:hunter2@host/a', 'GET /a'],
  ['only a template', '/users/4711/keys/0123456789abcdef0123456789abcdef', 'GET /users/*/keys/*'],
])('the action keeps %s', (_what, path, name) => {
  expect([mapped(nginx({ uri: path })).action.name, mapped(envoy({ path })).action.name]).toEqual([name, name]);
});

test.each([['-'], [''], [null], ['-3'], ['12.5'], ['1e400'], [undefined]])('a size of %p is none', (size) => {
  const events = [mapped(nginx({ body_bytes_sent: size })), mapped(envoy({ bytes_sent: size }))];

  expect(events.map((event) => 'bytes' in event)).toEqual([false, false]);
});

test('the request line is taken apart where a format has nothing else', () => {
  const line = nginx({ request_method: undefined, uri: undefined, request: 'DELETE /orders/7?x=1 HTTP/1.1' });

  expect(mapped(line).action).toEqual({ kind: 'write', name: 'DELETE /orders/*' });
});

test.each([
  [200, '', 'accepted'],
  [304, '', 'accepted'],
  [401, '', 'authentication'],
  [403, '', 'authorization'],
  [401, 'contained', 'contained'],
  [403, 'contained', 'contained'],
  [404, '', 'failed'],
  [429, '', 'failed'],
  [503, '', 'failed'],
  [0, '', 'failed'],
])('status %s, our own word "%s": %s', (status, tourniquet_outcome, outcome) => {
  expect(mapped(envoy({ response_code: status, tourniquet_outcome })).outcome).toBe(outcome);
});

test.each([
  ['a user of basic authentication', { remote_user: 'reports' }, 'id:http-user:reports'],
  [
    'a user as long as a secret',
    { remote_user: 'service-account-of-reports-2026' },
    'id:http-user:service-account-of-reports-2026',
  ],
  [
    'a secret in place of a user',
    { remote_user: 'key_made_up_4eC39HqLyjWDarjtT1zdp7dc' },
    expect.stringMatching(/^id:http-user:sha256-[0-9a-f]{32}$/),
  ],
  ['the public id of a key', { key_id: 'key-7', remote_user: 'reports' }, 'id:access-log:key-7'],
])('without our subject, the credential is %s', (_what, more, subject) => {
  expect(mapped(nginx({ tourniquet_subject: '-', ...more })).subject).toEqual(subject);
  expect(mapped(envoy({ tourniquet_subject: null, ...more })).subject).toEqual(subject);
});

test('a line that names no credential is ignored', () => {
  expect(mapAccessLog(nginx({ tourniquet_subject: '' }))).toEqual({ kind: 'ignored' });
});

test('a token where a client writes what it likes goes no further', () => {
  const token = formatToken(randomBytes);
  const lines = [
    nginx({ http_user_agent: `job/1 ${token}`, request_id: token, remote_addr: token }),
    envoy({ user_agent: token, request_id: `x ${token} y`, downstream_remote_address: token }),
  ];

  const events = lines.map((line) => mapped(line));

  expect(JSON.stringify(events)).not.toContain(token);
  expect(events.map(({ client }) => client.agent)).toEqual(['job/1 [secret]', '[secret]']);
});

test('a token in place of an id is no credential, and not told', () => {
  const token = formatToken(randomBytes);

  const answers = [{ remote_user: token }, { key_id: token }, { tourniquet_subject: token }].map((more) =>
    mapAccessLog(nginx({ tourniquet_subject: '', ...more })),
  );

  expect(answers.map(({ kind }) => kind)).toEqual(['ignored', 'ignored', 'malformed']);
  expect(JSON.stringify(answers)).not.toContain(token);
});

test('requests of one id are told apart, and a line that comes twice is one', () => {
  const [first, again, other] = [
    mapped(envoy()),
    mapped({ ...envoy(), shipped_by: 'another' }),
    mapped(envoy({ path: '/admin' })),
  ];

  expect([again.id === first.id, other.id === first.id]).toEqual([true, false]);
});

test('a line without a request id is known by its content, wherever it stands', () => {
  const [first, again, other] = [
    mapped(nginx({ request_id: '' })),
    mapped(nginx({ request_id: '' })),
    mapped(nginx({ request_id: '', status: '201' })),
  ];

  expect(first.id).toMatch(/^nginx:[0-9a-f]{40}$/);
  expect([again.id, other.id].map((id) => id === first.id)).toEqual([true, false]);
});

test.each([
  ['a time', { msec: 'x', time_iso8601: 'yesterday' }],
  ['a status', { status: 'OK' }],
])('malformed without %s', (_what, more) => {
  expect(mapAccessLog(nginx(more))).toMatchObject({ kind: 'malformed' });
});

test.each([
  ['a user of two words', { tourniquet_subject: '', remote_user: 'a b' }, 'ignored'],
  ['a user beyond ASCII', { tourniquet_subject: '', remote_user: 'éric' }, 'ignored'],
  ['a method of another protocol', { request_method: 'M-SEARCH' }, 'M-SEARCH /'],
  ['a method of nobody', { request_method: 'get it' }, 'OTHER /'],
])('what a client writes as it likes makes no record malformed: %s', (_what, more, expected) => {
  const result = mapAccessLog(nginx(more));

  expect(result.kind === 'event' ? result.event.action.name : result.kind).toContain(expected);
});

test.each([
  [{ time_iso8601: '2026-01-06T13:00:00+01:00' }, 0],
  [{ time_iso8601: undefined, time_local: '06/Jan/2026:13:00:00 +0100' }, 0],
  [{ msec: 1767700800.5 }, 500],
])('a time as %p', (more, ms) => {
  expect(mapped(nginx({ msec: '', ...more })).at).toBe(Date.UTC(2026, 0, 6, 12) + ms);
});

test('an IPv6 address loses its port', () => {
  expect(mapped(envoy({ downstream_remote_address: '[2001:db8::1]:443' })).client.address).toBe('2001:db8::1');
});
