import { CLOUDTRAIL } from '../../../detectors/sources/cloudtrail';
import { withOpenPolicies } from '../../../detectors/sources/policy-opens';
import { OWN_RULES } from '../../support/own-rules';

const RULES = OWN_RULES.about(CLOUDTRAIL);

type Fields = Readonly<Record<string, unknown>>;

function titlesOf(service: string, operation: string, more: Fields): readonly string[] {
  const record = { eventSource: `${service}.amazonaws.com`, eventName: operation, userAgent: 'aws-cli/2.15', ...more };
  return RULES.matchesOf(withOpenPolicies(record)).map(({ title }) => title);
}

const asks = (requestParameters: Fields): Fields => ({ requestParameters });
const BY_SERVICE = { userIdentity: { invokedBy: 'backup.amazonaws.com' } };
const CONDITION =
  '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:*","Condition":{"ArnEquals":{"aws:SourceArn":"x"}}}]}';
const REFUSES = '{"Statement":[{"Effect":"Deny","Principal":"*","Action":"sqs:*"}]}';
const TWO =
  '{"Statement":[{"Effect":"Deny","Principal":"*"},{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::000000000001:root","*"]}}]}';
const LONG = JSON.stringify({ Statement: [{ Sid: 'x'.repeat(9_000), Effect: 'Allow', Principal: '*' }] });
const trusts = (account: string): Fields => ({
  userIdentity: { accountId: '000000000001' },
  ...asks({
    assumeRolePolicyDocument: `{"Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::${account}:root"}}}`,
  }),
});
const QUEUE = 'The policy of a queue or key or repository lets everybody in';
const setsQueue = (policy: string): readonly [string, Fields] => [
  'SetQueueAttributes',
  asks({ attributes: { Policy: policy } }),
];
const PUBLIC = '{"Statement":[{"Effect":"Allow","Principal": "*","Action":"sqs:*"}]}';
const OWN = '{"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::1:root"},"Action":"sqs:*"}]}';

/** Of each what a thief does, and what looks like it and is not: another operation, or other words of the same. */
test.each<[title: string, service: string, hostile: readonly [string, Fields], harmless: readonly [string, Fields]]>([
  ['Traffic of machines is mirrored', 'ec2', ['CreateTrafficMirrorSession', {}], ['DescribeTrafficMirrorSessions', {}]],
  [
    'A session of the console is made from a key',
    'signin',
    ['GetSigninToken', { userAgent: 'python-requests/2.31' }],
    ['GetSigninToken', { userAgent: 'Jersey/${project.version} (HttpUrlConnection 1.8)' }],
  ],
  [
    'Encryption of stored data is switched off',
    'ec2',
    ['DisableEbsEncryptionByDefault', {}],
    ['EnableEbsEncryptionByDefault', {}],
  ],
  [
    'Secrets are read in bulk',
    'ssm',
    ['GetParametersByPath', asks({ path: '/', recursive: true, withDecryption: true })],
    ['GetParametersByPath', asks({ path: '/orders/production/', recursive: true, withDecryption: true })],
  ],
  [
    'Parameters of many paths are decrypted',
    'ssm',
    ['GetParametersByPath', asks({ path: '/orders/production/', recursive: true, withDecryption: true })],
    ['GetParametersByPath', asks({ path: '/orders/production/', recursive: true, withDecryption: false })],
  ],
  ['Encryption of stored data is switched off', 's3', ['DeleteBucketEncryption', {}], ['PutBucketEncryption', {}]],
  [
    'A database is opened',
    'rds',
    ['ModifyDBInstance', asks({ publiclyAccessible: true })],
    ['ModifyDBInstance', { ...asks({ allocatedStorage: 20 }), responseElements: { publiclyAccessible: true } }],
  ],
  [
    'A database is opened',
    'rds',
    ['RestoreDBInstanceFromDBSnapshot', { responseElements: { publiclyAccessible: true } }],
    ['RestoreDBInstanceFromDBSnapshot', { responseElements: { publiclyAccessible: false } }],
  ],
  [
    'The master password of a database is set',
    'rds',
    ['ModifyDBCluster', asks({ masterUserPassword: '****' })],
    ['CreateDBCluster', asks({ masterUserPassword: '****' })],
  ],
  [
    'A database loses its protection or its backups',
    'rds',
    ['ModifyDBCluster', asks({ deletionProtection: false })],
    ['ModifyDBCluster', asks({ deletionProtection: true })],
  ],
  ['A copy of a database is made', 'rds', ['CreateDBSnapshot', {}], ['CreateDBSnapshot', BY_SERVICE]],
  [
    'A copy of a database is made',
    'rds',
    ['CopyDBSnapshot', asks({ sourceRegion: 'eu-west-1' })],
    ['CopyDBSnapshot', asks({ sourceDBSnapshotIdentifier: 'nightly' })],
  ],
  ['An image of a machine is made', 'ec2', ['CreateImage', {}], ['CreateImage', BY_SERVICE]],
  [
    'A network lets every address in',
    'ec2',
    ['CreateNetworkAclEntry', asks({ ruleAction: 'allow', egress: false, cidrBlock: '0.0.0.0/0' })],
    ['CreateNetworkAclEntry', asks({ ruleAction: 'allow', egress: true, cidrBlock: '0.0.0.0/0' })],
  ],
  ['A guardrail of a language model is changed or removed', 'bedrock', ['DeleteGuardrail', {}], ['ListGuardrails', {}]],
  ['Whose account it is is looked up', 'organizations', ['ListAccounts', {}], ['ListAccounts', BY_SERVICE]],
  [
    'Temporary keys are made from a key',
    'sts',
    ['GetSessionToken', { userIdentity: { type: 'IAMUser' } }],
    ['GetSessionToken', { userIdentity: { type: 'IAMUser' }, ...asks({ serialNumber: 'arn:aws:iam::1:mfa/ada' }) }],
  ],
  [
    'Snapshots that others share are looked for',
    'rds',
    ['DescribeDBSnapshots', asks({ includePublic: true })],
    ['DescribeDBSnapshots', asks({ includePublic: false })],
  ],
  [
    'The policy of a queue or key or repository lets everybody in',
    'sqs',
    ['SetQueueAttributes', asks({ attributes: { Policy: PUBLIC } })],
    ['SetQueueAttributes', asks({ attributes: { Policy: OWN } })],
  ],
  [
    'The policy of a queue or key or repository lets everybody in',
    'kms',
    ['PutKeyPolicy', asks({ policy: JSON.parse(PUBLIC) as Fields })],
    ['PutKeyPolicy', asks({ policy: JSON.parse(OWN) as Fields })],
  ],
  [QUEUE, 'sqs', setsQueue(TWO), setsQueue(REFUSES)],
  [QUEUE, 'sqs', setsQueue(LONG), setsQueue(CONDITION)],
  [
    QUEUE,
    'sqs',
    ['CreateQueue', asks({ attributes: { Policy: encodeURIComponent(PUBLIC) } })],
    ['SetQueueAttributes', asks({ attributeName: 'DisplayName', attributeValue: 'a "Principal":"*" b' })],
  ],
  [
    'A bucket is opened to others',
    's3',
    ['PutBucketPolicy', asks({ bucketPolicy: JSON.parse(TWO) as Fields })],
    ['PutBucketPolicy', asks({ bucketPolicy: JSON.parse(CONDITION) as Fields })],
  ],
  [
    'A role that others may take is created',
    'iam',
    ['CreateRole', trusts('000000000002')],
    ['CreateRole', trusts('000000000001')],
  ],
  [
    'Logging of a bucket is removed',
    's3',
    ['PutBucketLogging', asks({ BucketLoggingStatus: {} })],
    ['PutBucketLogging', asks({ BucketLoggingStatus: { LoggingEnabled: { TargetBucket: 'logs' } } })],
  ],
  ['A database is exported to a bucket', 'rds', ['StartExportTask', {}], ['CancelExportTask', {}]],
  [
    'The audit log is sent elsewhere or covers less',
    'cloudtrail',
    ['UpdateTrail', asks({ name: 'all', s3BucketName: 'mine' })],
    ['UpdateTrail', asks({ name: 'all', cloudWatchLogsLogGroupArn: 'arn:aws:logs:::x' })],
  ],
  [
    'The audit log is sent elsewhere or covers less',
    'cloudtrail',
    ['UpdateTrail', asks({ name: 'all', isMultiRegionTrail: false })],
    ['UpdateTrail', asks({ name: 'all', isMultiRegionTrail: true })],
  ],
  [
    'Versioning of a bucket is suspended',
    's3',
    ['PutBucketVersioning', asks({ VersioningConfiguration: { Status: 'Suspended' } })],
    ['PutBucketVersioning', asks({ VersioningConfiguration: { Status: 'Enabled', MfaDelete: 'Disabled' } })],
  ],
])('%s (%s)', (title, service, [hostile, itsFields], [harmless, otherFields]) => {
  expect(titlesOf(service, hostile, itsFields)).toContain(title);
  expect(titlesOf(service, harmless, otherFields)).not.toContain(title);
});
