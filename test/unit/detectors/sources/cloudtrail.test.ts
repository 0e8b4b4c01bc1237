import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { atLeast } from '../../../../domain/severity';
import type { UsageEvent } from '../../../../domain/usage-event';
import { networkKey } from '../../../../detectors/network-key';
import { foldPartition } from '../../../../detectors/partition-fold';
import { emptyPartition } from '../../../../detectors/partition-state';
import { mapCloudTrail } from '../../../../detectors/sources/cloudtrail';
import { usageEvent } from '../../../../domain/usage-event';

const INSTANCE = 'i-0a1b2c3d4e5f60718';

/** A record in CloudTrail's shape, of nobody's account. */
function record(more: Record<string, unknown> = {}, identity: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    eventVersion: '1.08',
    eventID: '00000000-0000-4000-8000-000000000001',
    eventTime: '2026-01-06T12:00:00Z',
    eventSource: 's3.amazonaws.com',
    eventName: 'ListBuckets',
    sourceIPAddress: '192.0.2.10',
    userAgent: '[aws-cli/2.15.0 Python/3.11.6 Darwin/23.1.0]',
    userIdentity: {
      type: 'AssumedRole',
      arn: `arn:aws:sts::000000000000:assumed-role/web/${INSTANCE}`,
      accessKeyId: 'ASIAEXAMPLEEXAMPLE00',
      ...identity,
    },
    ...more,
  };
}

function mapped(input: Record<string, unknown>): UsageEvent {
  const result = mapCloudTrail(input);
  if (result.kind !== 'event') throw new Error(result.kind);
  return result.event;
}

test('an insight is nobody’s use', () => {
  const insight = {
    eventVersion: '1.08',
    eventTime: '2026-01-06T12:00:00Z',
    eventID: '00000000-0000-4000-8000-000000000002',
    eventType: 'AwsCloudTrailInsight',
    eventCategory: 'Insight',
    sharedEventID: '00000000-0000-4000-8000-000000000003',
    insightDetails: { state: 'Start', eventSource: 's3.amazonaws.com', eventName: 'ListBuckets' },
  };

  expect(mapCloudTrail(insight).kind).toBe('ignored');
});

test('a record becomes a usage event that the schema accepts', () => {
  const event = mapped(record());

  expect(usageEvent.safeParse(event).success).toBe(true);
  expect(event).toMatchObject({
    subject: 'id:aws-access-key:ASIAEXAMPLEEXAMPLE00',
    principalKind: 'workload',
    action: { kind: 'read', name: 's3:ListBuckets' },
    outcome: 'accepted',
  });
});

test.each([
  ['an instance', {}, 'workload'],
  ['another assumed role', { arn: 'arn:aws:sts::000000000000:assumed-role/web/me' }, 'unknown'],
  ['a user with a key', { type: 'IAMUser', arn: 'arn:aws:iam::000000000000:user/x' }, 'unknown'],
  [
    'a user with a second factor',
    { type: 'IAMUser', sessionContext: { attributes: { mfaAuthenticated: 'true' } } },
    'person',
  ],
  ['root', { type: 'Root' }, 'person'],
])('principal: %s', (_title, identity, expected) => {
  expect(mapped(record({}, identity)).principalKind).toBe(expected);
});

test.each([
  ['GetObject', 's3', undefined, 'read'],
  ['PutObject', 's3', undefined, 'write'],
  ['AttachUserPolicy', 'iam', undefined, 'admin'],
  ['CreateUser', 'iam', 'false', 'admin'],
  ['PutBucketPolicy', 's3', false, 'admin'],
  ['StopLogging', 'cloudtrail', false, 'admin'],
  ['RunInstances', 'ec2', false, 'write'],
  ['AssumeRole', 'sts', true, 'read'],
])('action: %s of %s', (eventName, source, readOnly, expected) => {
  expect(mapped(record({ eventName, eventSource: `${source}.amazonaws.com`, readOnly })).action.kind).toBe(expected);
});

test.each([
  [undefined, 'accepted'],
  ['AccessDenied', 'authorization'],
  ['Client.UnauthorizedOperation', 'authorization'],
  ['InvalidClientTokenId', 'authentication'],
  ['SignatureDoesNotMatch', 'authentication'],
  ['NoSuchBucket', 'failed'],
])('error %s is %s', (errorCode, expected) => {
  expect(mapped(record({ errorCode })).outcome).toBe(expected);
});

test('records that name no access key are ignored; broken ones are named', () => {
  expect(mapCloudTrail(record({}, { accessKeyId: undefined }))).toEqual({ kind: 'ignored' });
  expect(mapCloudTrail(record({ eventTime: 'yesterday' }))).toMatchObject({ kind: 'malformed' });
  expect(mapCloudTrail(record({ eventID: undefined }))).toMatchObject({
    kind: 'malformed',
    fault: 'eventID: invalid_type',
  });
});

const USER = 'arn:aws:iam::000000000000:user/x';

test.each([
  ['a user', 'IAMUser', USER, 'Success', 'accepted'],
  ['a wrong password', 'IAMUser', USER, 'Failure', 'authentication'],
  ['the root user', 'Root', 'arn:aws:iam::000000000000:root', 'Success', 'accepted'],
])('sign-in to the console: %s', (_title, type, arn, result, outcome) => {
  const signIn = {
    eventName: 'ConsoleLogin',
    eventSource: 'signin.amazonaws.com',
    readOnly: false,
    responseElements: { ConsoleLogin: result },
  };

  const event = mapped(record(signIn, { type, arn, accessKeyId: '' }));

  expect(usageEvent.safeParse(event).success).toBe(true);
  expect(event).toMatchObject({
    subject: `id:aws-console-user:${arn}`,
    principalKind: 'person',
    action: { kind: 'login', name: 'signin:ConsoleLogin' },
    outcome,
  });
});

test('sign-in of a federated session or of a user that does not exist names no credential', () => {
  const signIn = { eventName: 'ConsoleLogin', responseElements: { ConsoleLogin: 'Failure' } };

  expect(mapCloudTrail(record(signIn))).toEqual({ kind: 'ignored' });
  expect(mapCloudTrail(record(signIn, { type: 'IAMUser', arn: undefined }))).toEqual({ kind: 'ignored' });
});

test('what S3 handed out is kept, and nothing that is no size', () => {
  const bytesOf = (additionalEventData: unknown) => {
    const result = mapCloudTrail(record({ additionalEventData }));
    return result.kind === 'event' ? result.event.bytes : result;
  };

  expect([{ bytesTransferredOut: 4096 }, { bytesTransferredOut: 'much' }, 'text'].map(bytesOf)).toEqual([
    4096,
    undefined,
    undefined,
  ]);
});

test('nothing makes the mapper throw', () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => void mapCloudTrail(value)));
});

const RECORDED = join(__dirname, '../../../../../shared/data/cloudtrail/otrf-cloud-breach-s3.jsonl');
const recorded = existsSync(RECORDED) ? test : test.skip;

recorded(`the stolen key of the recorded breach, at its first event (skipped without ${RECORDED})`, () => {
  const events = readFileSync(RECORDED, 'utf8')
    .split('\n')
    .filter((text) => text !== '')
    .map((text) => mapCloudTrail(JSON.parse(text)))
    .flatMap((result) => (result.kind === 'event' ? [result.event] : []))
    .sort((a, b) => a.at - b.at);
  const stolen = events.filter((event) => event.subject === 'id:aws-access-key:ASIA5FLZVX4OPVKKVBMX');

  const { messages, failures } = foldPartition(emptyPartition(), events, {
    locate: (event) => ({ network: networkKey(event.client.address), country: '' }),
  });

  const grave = messages.filter((message) => atLeast(message.assessment.severity, 'medium'));
  expect(failures).toEqual([]);
  expect(stolen).toHaveLength(11);
  expect(new Set(grave.map((message) => message.detection.subject))).toEqual(new Set([stolen[0]?.subject]));
  expect(grave[0]?.detection.eventIds).toEqual([stolen[0]?.id]);
});
