import { ruleMatch } from '../../../../detectors/rule-match';
import { mapperOf } from '../../../../detectors/sources/registry';
import { OWN_RULES } from '../../../support/own-rules';
import { foldAll } from '../folding';

type Parameters = (n: number) => Record<string, unknown>;

const NAME = /payroll/;

function records(service: string, operation: string, of: Parameters, count: number): readonly object[] {
  return Array.from({ length: count }, (_, n) => ({
    eventID: `made-up-${n}`,
    eventTime: new Date(Date.UTC(2026, 0, 6, 12, 0, n)).toISOString(),
    eventName: operation,
    eventSource: `${service}.amazonaws.com`,
    sourceIPAddress: '192.0.2.10',
    userAgent: 'orders/1.0',
    userIdentity: { accessKeyId: 'AKIASERVICE000000001', type: 'IAMUser' },
    ...of(n),
  }));
}

function told(source: 'cloudtrail' | 'ocsf', read: readonly object[]): readonly string[] {
  const events = read.map((record) => {
    const mapped = mapperOf(source, OWN_RULES)(record);
    if (mapped.kind !== 'event') throw new Error(JSON.stringify(mapped));
    return mapped.event;
  });
  expect(JSON.stringify(events)).not.toMatch(NAME);
  return foldAll(events, {}, [ruleMatch]).messages.map(({ detection }) => detection.reason);
}

describe('somebody reads many of what a service has one of', () => {
  test.each<[title: string, service: string, operation: string, most: number, of: Parameters]>([
    ['secrets', 'secretsmanager', 'GetSecretValue', 20, (n) => ({ requestParameters: { secretId: `payroll-${n}` } })],
    [
      'parameters',
      'ssm',
      'GetParameter',
      20,
      (n) => ({ requestParameters: { name: `/payroll/${n}`, withDecryption: true } }),
    ],
    [
      'parameters, by tens',
      'ssm',
      'GetParameters',
      2,
      (n) => ({
        requestParameters: {
          names: Array.from({ length: 10 }, (_, index) => `/payroll/${n}/${index}`),
          withDecryption: true,
        },
      }),
    ],
    ['keys', 'kms', 'Decrypt', 10, (n) => ({ resources: [{ ARN: `arn:aws:kms:::key/payroll-${n}` }] })],
    ['buckets', 's3', 'ListObjectsV2', 20, (n) => ({ requestParameters: { bucketName: `payroll-${n}` } })],
    ['language models', 'bedrock', 'InvokeModel', 6, (n) => ({ requestParameters: { modelId: `payroll-${n}` } })],
    ['tables', 'dynamodb', 'Scan', 10, (n) => ({ requestParameters: { tableName: `payroll-${n}` } })],
    [
      'functions',
      'lambda',
      'GetFunction20150331v2',
      20,
      (n) => ({ requestParameters: { functionName: `payroll-${n}` } }),
    ],
    [
      'user data',
      'ec2',
      'DescribeInstanceAttribute',
      10,
      (n) => ({ requestParameters: { instanceId: `i-payroll-${n}`, attribute: 'userData' } }),
    ],
    ['passwords', 'ec2', 'GetPasswordData', 5, (n) => ({ requestParameters: { instanceId: `i-payroll-${n}` } })],
  ])('%s', (_title, service, operation, most, of) => {
    const reason = expect.stringMatching(/at least \d+ different ones within 5 min$/) as string;

    expect(told('cloudtrail', records(service, operation, of, most))).toEqual([reason]);
    expect(told('cloudtrail', records(service, operation, of, most - 1))).toEqual([]);
    expect(
      told(
        'cloudtrail',
        records(service, operation, () => of(0), 200),
      ),
    ).toEqual([]);
  });

  test('whatever there is in an account', () => {
    const operations = [
      'ListUsers',
      'ListRoles',
      'ListGroups',
      'GetAccountSummary',
      'ListPolicies',
      'ListAccountAliases',
    ];
    const looked = (more: readonly string[]) =>
      [...operations, ...more].map((operation, index) => records('iam', operation, () => ({}), index + 1).at(-1) ?? {});

    expect(told('cloudtrail', looked(['GetAccountPasswordPolicy']))).toHaveLength(1);
    expect(told('cloudtrail', looked(['ListUsers', 'ListRoles']))).toEqual([]);
  });

  test('secrets, as OCSF tells of them', () => {
    const read = (name: (n: number) => string): readonly object[] =>
      Array.from({ length: 20 }, (_, n) => ({
        class_uid: 6003,
        time: Date.UTC(2026, 0, 6, 12, 0, n),
        metadata: { version: '1.1.0', uid: `made-up-${n}` },
        cloud: { provider: 'AWS' },
        api: {
          operation: 'GetSecretValue',
          service: { name: 'secretsmanager.amazonaws.com' },
          request: { data: JSON.stringify({ secretId: name(n) }) },
        },
        actor: { user: { credential_uid: 'AKIASERVICE000000001' } },
      }));

    expect(
      told(
        'ocsf',
        read((n) => `payroll-${n}`),
      ),
    ).toHaveLength(1);
    expect(
      told(
        'ocsf',
        read(() => 'payroll'),
      ),
    ).toEqual([]);
  });
});
