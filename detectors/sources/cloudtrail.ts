import { z } from 'zod';
import { isSubject } from '../../domain/subject';
import type { UsageEvent } from '../../domain/usage-event';
import { describeIssues, IGNORED, malformed, type Mapped } from './mapped';

/** The fields we use, of the more than fifty that a record may have. */
const cloudTrailRecord = z.object({
  eventID: z.string().min(1).max(190),
  eventTime: z.string().optional(),
  /** Where collectors that rewrite records put the time. */
  '@timestamp': z.string().optional(),
  eventName: z.string().min(1),
  eventSource: z.string().optional(),
  readOnly: z.union([z.boolean(), z.enum(['true', 'false'])]).nullish(),
  errorCode: z.string().nullish(),
  sourceIPAddress: z.string().nullish(),
  userAgent: z.string().nullish(),
  userIdentity: z
    .object({
      type: z.string().nullish(),
      arn: z.string().nullish(),
      accessKeyId: z.string().nullish(),
      sessionContext: z
        .object({
          ec2RoleDelivery: z.string().nullish(),
          sessionIssuer: z.object({ arn: z.string().nullish() }).nullish(),
          attributes: z.object({ mfaAuthenticated: z.union([z.string(), z.boolean()]).nullish() }).nullish(),
        })
        .nullish(),
    })
    .nullish(),
});

type CloudTrailRecord = z.infer<typeof cloudTrailRecord>;

/** One CloudTrail record, as parsed JSON. Records without an access key (services, console sign-in) name no credential and are ignored. */
export function mapCloudTrail(record: unknown): Mapped {
  const parsed = cloudTrailRecord.safeParse(record);
  if (!parsed.success) return malformed(describeIssues(parsed.error.issues));
  const { data } = parsed;
  const at = Date.parse(data.eventTime ?? data['@timestamp'] ?? '');
  if (Number.isNaN(at) || at < 0) return malformed('eventTime: unreadable');
  const accessKeyId = data.userIdentity?.accessKeyId;
  if (!accessKeyId) return IGNORED;
  const subject = `id:aws-access-key:${accessKeyId}`;
  if (!isSubject(subject)) return malformed('userIdentity.accessKeyId: unreadable');
  return {
    kind: 'event',
    event: {
      kind: 'usage',
      id: `cloudtrail:${data.eventID}`.slice(0, 200),
      at,
      subject,
      source: 'cloudtrail',
      principalKind: principalKindOf(data),
      client: { address: (data.sourceIPAddress ?? '').slice(0, 64), agent: (data.userAgent ?? '').slice(0, 512) },
      action: { kind: actionKindOf(data), name: actionNameOf(data).slice(0, 512) },
      outcome: outcomeOf(data.errorCode ?? ''),
    },
  };
}

/** An instance's session is named after the instance; people come through single sign-on or with a second factor. */
function principalKindOf({ userIdentity }: CloudTrailRecord): UsageEvent['principalKind'] {
  const session = userIdentity?.sessionContext;
  const issuer = session?.sessionIssuer?.arn ?? '';
  if (issuer.includes('/AWSReservedSSO_') || userIdentity?.type === 'Root') return 'person';
  if (String(session?.attributes?.mfaAuthenticated) === 'true') return 'person';
  if (userIdentity?.type !== 'AssumedRole') return 'unknown';
  const isInstance = /\/i-[0-9a-f]{8,17}$/.test(userIdentity.arn ?? '') || Boolean(session?.ec2RoleDelivery);
  return isInstance || issuer.includes('/aws-service-role/') ? 'workload' : 'unknown';
}

/** What only looks: CloudTrail says so itself since version 1.05 of most services; for the rest the name does. */
const READ =
  /^(?:get|list|describe|head|lookup|search|query|scan|select|batchget|view|check|test|simulate|discover|download)/i;
/** Services whose writes change who may do what. */
const ADMIN_SOURCES = new Set([
  'iam.amazonaws.com',
  'organizations.amazonaws.com',
  'sso.amazonaws.com',
  'cloudtrail.amazonaws.com',
]);
/** Writes of other services that do: policies, grants, sharing, logging. */
const ADMIN =
  /policy|permission|grant|authorizesecuritygroup|sharing|modifysnapshotattribute|modifyimageattribute|flowlogs|trustanchor|loginprofile/i;

function actionKindOf({ eventName, eventSource = '', readOnly }: CloudTrailRecord): UsageEvent['action']['kind'] {
  const reads = readOnly === undefined || readOnly === null ? READ.test(eventName) : String(readOnly) === 'true';
  if (reads) return 'read';
  return ADMIN_SOURCES.has(eventSource) || ADMIN.test(eventName) ? 'admin' : 'write';
}

function actionNameOf({ eventName, eventSource = '' }: CloudTrailRecord): string {
  const service = eventSource.split('.', 1)[0];
  return service ? `${service}:${eventName}` : eventName;
}

const AUTHENTICATION =
  /InvalidClientTokenId|SignatureDoesNotMatch|AuthFailure|ExpiredToken|InvalidAccessKeyId|IncompleteSignature|UnrecognizedClient/i;
const AUTHORIZATION = /AccessDenied|Unauthorized|NotAuthorized|Forbidden|OptInRequired/i;

function outcomeOf(errorCode: string): UsageEvent['outcome'] {
  if (errorCode === '') return 'accepted';
  // UnauthorizedOperation is authorization, AuthFailure authentication: the order does not matter, the patterns are disjoint.
  if (AUTHENTICATION.test(errorCode)) return 'authentication';
  return AUTHORIZATION.test(errorCode) ? 'authorization' : 'failed';
}
