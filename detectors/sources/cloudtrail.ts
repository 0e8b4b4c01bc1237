import { z } from 'zod';
import { isSubject } from '../../domain/subject';
import type { UsageEvent } from '../../domain/usage-event';
import type { RecordKind } from '../sigma/rule-set';
import { logBytes } from './log-fields';
import { clientOf } from './client-of';
import { actionKindOfAws, actionNameOfAws, outcomeOfAws } from './aws-action';
import { awsCredential, consoleUser } from './aws-principal';
import { describeIssues, IGNORED, malformed, type Mapped } from './mapped';

export const CLOUDTRAIL: RecordKind = { product: 'aws', service: 'cloudtrail' };

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
  responseElements: z.object({ ConsoleLogin: z.unknown().optional() }).nullish().catch(undefined),
  /** Of data events of S3. */
  additionalEventData: z.object({ bytesTransferredOut: logBytes }).nullish().catch(undefined),
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

/**
 * One CloudTrail record, as parsed JSON. Its credential is the access key, or for a sign-in to the console the user whose password it
 * was. Other records (of services, of federated sign-in, insights) name none and are ignored.
 */
export function mapCloudTrail(record: unknown): Mapped {
  const parsed = cloudTrailRecord.safeParse(record);
  if (!parsed.success) return isInsight(record) ? IGNORED : malformed(describeIssues(parsed.error.issues));
  const { data } = parsed;
  const at = Date.parse(data.eventTime ?? data['@timestamp'] ?? '');
  if (Number.isNaN(at) || at < 0) return malformed('eventTime: unreadable');
  const use = useOf(data);
  if (!use) return IGNORED;
  const { subject, ...rest } = use;
  const bytes = data.additionalEventData?.bytesTransferredOut;
  if (!isSubject(subject)) return malformed('userIdentity: unreadable');
  return {
    kind: 'event',
    event: {
      kind: 'usage',
      id: `cloudtrail:${data.eventID}`.slice(0, 200),
      at,
      subject,
      source: 'cloudtrail',
      client: clientOf(data.sourceIPAddress ?? '', data.userAgent ?? ''),
      ...rest,
      ...(bytes === undefined ? {} : { bytes }),
    },
  };
}

/** What CloudTrail noticed itself (`EventCategory` Insight): it has neither a request's name nor who made it. */
function isInsight(record: unknown): boolean {
  const { eventCategory, eventType } = Object(record) as { eventCategory?: unknown; eventType?: unknown };
  return eventCategory === 'Insight' || eventType === 'AwsCloudTrailInsight';
}

type Use = Pick<UsageEvent, 'principal' | 'principalKind' | 'action' | 'outcome'> & { readonly subject: string };

function useOf(data: CloudTrailRecord): Use | undefined {
  const { userIdentity, eventName, eventSource = '', readOnly } = data;
  if (eventName === 'ConsoleLogin') return consoleLogin(data);
  if (!userIdentity?.accessKeyId) return undefined;
  const isRead = readOnly === undefined || readOnly === null ? undefined : String(readOnly) === 'true';
  return {
    ...credentialOf(userIdentity, userIdentity.accessKeyId, data.userAgent ?? ''),
    action: {
      kind: actionKindOfAws(eventName, eventSource, isRead),
      name: actionNameOfAws(eventName, eventSource),
    },
    outcome: outcomeOfAws(data.errorCode ?? ''),
  };
}

/** A user's own password or the root user's; behind a federated sign-in stands another directory's credential. */
function consoleLogin({ userIdentity, eventName, eventSource = '', responseElements }: CloudTrailRecord) {
  const { type, arn } = userIdentity ?? {};
  // A failed try of a user that does not exist has no ARN.
  if ((type !== 'IAMUser' && type !== 'Root') || !arn) return undefined;
  const failed = responseElements?.ConsoleLogin === 'Failure';
  return {
    subject: consoleUser(arn),
    principalKind: 'person',
    action: { kind: 'login', name: actionNameOfAws(eventName, eventSource) },
    outcome: failed ? 'authentication' : 'accepted',
  } as const;
}

function credentialOf(identity: NonNullable<CloudTrailRecord['userIdentity']>, keyId: string, agent: string) {
  const session = identity.sessionContext;
  return awsCredential({
    keyId,
    type: identity.type ?? '',
    arn: identity.arn ?? '',
    issuer: session?.sessionIssuer?.arn ?? '',
    isMfa: String(session?.attributes?.mfaAuthenticated) === 'true',
    isInstanceSession: Boolean(session?.ec2RoleDelivery),
    agent,
  });
}
