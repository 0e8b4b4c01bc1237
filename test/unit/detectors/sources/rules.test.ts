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

test('another cloud’s OCSF is no CloudTrail', () => {
  const record = {
    ...ocsf('StopLogging', 'cloudtrail.amazonaws.com'),
    cloud: { provider: 'GCP' },
    metadata: { version: '1.1.0', uid: 'e1' },
  };

  expect(rulesOf('ocsf', record, OWN_RULES)).toEqual([]);
});
