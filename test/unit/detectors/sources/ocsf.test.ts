import { mapCloudTrail } from '../../../../detectors/sources/cloudtrail';
import { mapOcsf } from '../../../../detectors/sources/ocsf';
import { usageEvent, type UsageEvent } from '../../../../domain/usage-event';

const KEY = 'ASIAEXAMPLEEXAMPLE00';
const ROLE = 'arn:aws:sts::000000000000:assumed-role/web/i-0a1b2c3d4e5f60718';

/** An API Activity event as CloudTrail's records are commonly translated, of nobody's account. */
function activity(more: Record<string, unknown> = {}, user: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    class_uid: 6003,
    class_name: 'API Activity',
    category_uid: 6,
    activity_id: 2,
    activity_name: 'Read',
    type_uid: 600302,
    severity_id: 1,
    status_id: 1,
    time: 1767700800000,
    metadata: {
      version: '1.1.0',
      uid: '00000000-0000-4000-8000-000000000001',
      product: { name: 'CloudTrail', vendor_name: 'AWS', version: '1.08' },
    },
    cloud: { provider: 'AWS', region: 'eu-west-1', account: { uid: '000000000000' } },
    api: { operation: 'ListBuckets', service: { name: 's3.amazonaws.com' }, request: { uid: 'R1' } },
    actor: { user: { type: 'AssumedRole', uid_alt: ROLE, credential_uid: KEY, ...user }, session: { issuer: '' } },
    src_endpoint: { ip: '192.0.2.10' },
    http_request: { user_agent: 'aws-cli/2.15.0' },
    ...more,
  };
}

function mapped(input: unknown): UsageEvent {
  const result = mapOcsf(input);
  if (result.kind !== 'event') throw new Error(JSON.stringify(result));
  return result.event;
}

test('an event of CloudTrail names the same credential and says the same as CloudTrail itself', () => {
  const event = mapped(activity());
  const itself = mapCloudTrail({
    eventID: '00000000-0000-4000-8000-000000000001',
    eventTime: '2026-01-06T12:00:00Z',
    eventSource: 's3.amazonaws.com',
    eventName: 'ListBuckets',
    sourceIPAddress: '192.0.2.10',
    userAgent: 'aws-cli/2.15.0',
    userIdentity: { type: 'AssumedRole', arn: ROLE, accessKeyId: KEY },
  });

  expect(usageEvent.safeParse(event).success).toBe(true);
  expect(itself).toMatchObject({
    kind: 'event',
    event: { ...event, id: expect.any(String) as string, source: 'cloudtrail' },
  });
  expect(event.id).toBe('ocsf:00000000-0000-4000-8000-000000000001');
});

test.each<[string, Record<string, unknown>]>([
  ['traffic', { traffic: { bytes_out: 5_000 } }],
  ['the answer', { http_response: { code: 200, body_length: 5_000 } }],
  ["CloudTrail's own field, by its path", { unmapped: { 'additionalEventData.bytesTransferredOut': '5000' } }],
  ["CloudTrail's own field, in objects", { unmapped: { additionalEventData: { bytesTransferredOut: 5_000.0 } } }],
])('how much was handed out is known from %s', (_where, more) => {
  expect(mapped(activity(more)).bytes).toBe(5_000);
});

test('what is no size is none', () => {
  const more = { traffic: 'much', http_response: { body_length: -1 }, unmapped: 'nothing' };
  expect(mapped(activity(more))).not.toHaveProperty('bytes');
});

test.each(['1.0.0', '1.1.0', '1.2.0', '1.3.0', '1.6.0'])('version %s is read', (version) => {
  expect(mapped(activity({ metadata: { version, uid: 'e1' } })).id).toBe('ocsf:e1');
});

test.each([
  ['a person by second factor (1.0)', { session: { mfa: true } }, 'person'],
  ['a person by second factor (1.1 and later)', { session: { is_mfa: true } }, 'person'],
  ['a person by second factor, as text', { session: { is_mfa: 'true' } }, 'person'],
  ['no second factor, as text', { session: { is_mfa: 'false' } }, 'unknown'],
  ['a person by single sign-on', { session: { issuer: 'arn:aws:iam::0:role/AWSReservedSSO_x' } }, 'person'],
  ['an instance whose ARN is its uid', { user: { type: 'AssumedRole', uid: ROLE } }, 'workload'],
  ['a user with a key', { user: { type: 'IAMUser' } }, 'unknown'],
])('principal: %s', (_title, more: Record<string, Record<string, unknown>>, expected) => {
  const { user, session } = more;
  const actor = { user: { ...(user ?? { type: 'IAMUser' }), credential_uid: KEY }, session };

  expect(mapped(activity({ actor })).principalKind).toBe(expected);
});

test.each([
  ['read', 2, 'GetObject', 's3.amazonaws.com', 'read'],
  ['create', 1, 'CreateUser', 'iam.amazonaws.com', 'admin'],
  ['delete', 4, 'DeleteObject', 's3.amazonaws.com', 'write'],
  ['unknown activity: by name', 0, 'GetObject', 's3.amazonaws.com', 'read'],
])('action: %s', (_title, activity_id, operation, name, expected) => {
  expect(mapped(activity({ activity_id, api: { operation, service: { name } } })).action.kind).toBe(expected);
});

test.each([
  ['success', { status_id: 1 }, undefined, 'accepted'],
  ['an error of AWS', { status_id: 2 }, { error: 'AccessDenied' }, 'authorization'],
  ['a dead key', { status_id: 2 }, { error: 'InvalidClientTokenId' }, 'authentication'],
  ['an HTTP status', { status_id: 2 }, { code: 401 }, 'authentication'],
  ['the event’s own status code', { status_id: 2, status_code: '403' }, undefined, 'authorization'],
  ['a failure without a reason', { status_id: 2 }, undefined, 'failed'],
])('outcome: %s', (_title, more, response, expected) => {
  const api = { operation: 'GetObject', service: { name: 's3.amazonaws.com' }, response };

  expect(mapped(activity({ ...more, api })).outcome).toBe(expected);
});

test('a credential of another provider is known in its own space', () => {
  const event = mapped(
    activity({
      activity_id: 3,
      cloud: { provider: 'Example Cloud' },
      api: { operation: 'vm.update' },
      actor: { user: { credential_uid: 'key-7' } },
    }),
  );

  expect(event).toMatchObject({
    subject: 'id:example-cloud-credential:key-7',
    action: { kind: 'write', name: 'vm.update' },
    principalKind: 'unknown',
  });
});

test('without an id of its own an event is known by its request, or else by its content', () => {
  const metadata = { version: '1.1.0' };
  const api = { operation: 'ListBuckets', service: { name: 's3.amazonaws.com' } };

  expect(mapped(activity({ metadata })).id).toBe('ocsf:R1');
  const [first, again, other] = [1, 1, 2].map((time) => mapped(activity({ metadata, api, time })).id);
  expect(first).toMatch(/^ocsf:[0-9a-f]{40}$/);
  expect([again === first, other === first]).toEqual([true, false]);
});

test('other classes and events without a credential are ignored', () => {
  expect(mapOcsf(activity({ class_uid: 3002 }))).toEqual({ kind: 'ignored' });
  expect(mapOcsf(activity({}, { credential_uid: undefined }))).toEqual({ kind: 'ignored' });
});

test.each([
  ['no class', {}],
  ['no operation', activity({ api: {} })],
  ['another major version', activity({ metadata: { version: '2.0.0', uid: 'e1' } })],
  ['a credential with spaces', activity({}, { credential_uid: 'a b' })],
])('malformed: %s', (_title, input) => {
  expect(mapOcsf(input)).toMatchObject({ kind: 'malformed', code: 'USAGE_EVENT_MALFORMED' });
});
