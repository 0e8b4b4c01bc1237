import { z } from 'zod';
import { LAST_TIME } from '../../domain/last-time';
import { holdsOurValue } from '../../domain/token-format';
import { valuesOf } from '../sigma/record';
import { clientOf } from './client-of';
import { isSubject } from '../../domain/subject';
import type { UsageEvent } from '../../domain/usage-event';
import { actionKindOfAws, actionNameOfAws, outcomeOfAws } from './aws-action';
import { awsCredential } from './aws-principal';
import { contentId } from './content-id';
import { logBytes } from './log-fields';
import { describeIssues, IGNORED, malformed, type Mapped } from './mapped';

const text = z.string().nullish();
/** Some writers make a text of everything. */
const flag = z
  .union([z.boolean(), z.string()])
  .nullish()
  .transform((value) => String(value) === 'true');
const code = z.union([z.number(), z.string()]).nullish();

/** The class is asked first: a stream of OCSF carries many, and their fields differ. */
const anyClass = z.looseObject({ class_uid: z.number() });
const API_ACTIVITY = 6003;

/** What AWS says beyond OCSF: CloudTrail's own field, by its path or in objects. */
const S3_BYTES = 'additionalEventData.bytesTransferredOut';

/** The fields of API Activity we use, as versions 1.0 to 1.6 have them. */
const apiActivity = z.object({
  /** Milliseconds since the epoch. */
  time: z.number().nonnegative().max(LAST_TIME),
  activity_id: z.number().nullish(),
  status_id: z.number().nullish(),
  status_code: code,
  metadata: z.object({
    version: z.string().regex(/^1\./, 'is no version 1'),
    uid: z.string().min(1).max(190).nullish(),
    product: z.object({ vendor_name: text }).nullish(),
  }),
  api: z.object({
    operation: z.string().min(1),
    service: z.object({ name: text }).nullish(),
    request: z.object({ uid: z.string().min(1).max(190).nullish() }).nullish(),
    response: z.object({ error: text, code }).nullish(),
  }),
  actor: z
    .object({
      user: z.object({ type: text, uid: text, uid_alt: text, credential_uid: text }).nullish(),
      session: z
        .object({
          issuer: text,
          credential_uid: text,
          is_mfa: flag,
          /** Its name in 1.0. */
          mfa: flag,
        })
        .nullish(),
    })
    .nullish(),
  cloud: z.object({ provider: text }).nullish(),
  src_endpoint: z.object({ ip: text, domain: text }).nullish(),
  http_request: z.object({ user_agent: text }).nullish(),
  http_response: z.object({ body_length: logBytes }).nullish().catch(undefined),
  traffic: z.object({ bytes_out: logBytes }).nullish().catch(undefined),
  unmapped: z.unknown().optional(),
});

type ApiActivity = z.infer<typeof apiActivity>;

/** One OCSF event, as parsed JSON. Events of other classes than API Activity, or without a credential's id, are ignored. */
export function mapOcsf(record: unknown): Mapped {
  const kind = anyClass.safeParse(record);
  if (!kind.success) return malformed(describeIssues(kind.error.issues));
  if (kind.data.class_uid !== API_ACTIVITY) return IGNORED;
  const parsed = apiActivity.safeParse(record);
  if (!parsed.success) return malformed(describeIssues(parsed.error.issues));
  const { data } = parsed;
  const credential = data.actor?.user?.credential_uid ?? data.actor?.session?.credential_uid;
  if (!credential) return IGNORED;
  const { subject, ...whose } = isAws(data)
    ? credentialOfAws(data, credential)
    : { subject: `id:${spaceOf(data)}:${credential}`, principalKind: 'unknown' as const };
  const bytes = bytesOf(data);
  if (!isSubject(subject) || holdsOurValue(credential)) return malformed('actor.user.credential_uid: unreadable');
  return {
    kind: 'event',
    event: {
      kind: 'usage',
      id: `ocsf:${data.metadata.uid ?? data.api.request?.uid ?? contentId(data)}`,
      at: Math.trunc(data.time),
      subject,
      source: 'ocsf',
      ...whose,
      client: clientOf(data.src_endpoint?.ip ?? data.src_endpoint?.domain ?? '', data.http_request?.user_agent ?? ''),
      action: actionOf(data),
      outcome: outcomeOf(data),
      ...(bytes === undefined ? {} : { bytes }),
    },
  };
}

function bytesOf({ traffic, http_response: response, unmapped }: ApiActivity): number | undefined {
  const [s3] = valuesOf(unmapped, S3_BYTES).map((value) => logBytes.safeParse(value).data);
  return traffic?.bytes_out ?? response?.body_length ?? s3;
}

/** Whether an event's provider, or the vendor of what wrote it, is AWS. */
export function namesAws(provider: unknown): boolean {
  return typeof provider === 'string' && provider.toUpperCase() === 'AWS';
}

function providerOf({ cloud, metadata }: ApiActivity): string {
  return cloud?.provider ?? metadata.product?.vendor_name ?? '';
}

function isAws(data: ApiActivity): boolean {
  return namesAws(providerOf(data));
}

/** The space a credential's id is unique in. */
function spaceOf(data: ApiActivity): string {
  const word = providerOf(data)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  return word === '' ? 'ocsf' : `${word.slice(0, 53)}-credential`;
}

/** The same as CloudTrail's own records name. */
function credentialOfAws(
  { actor, http_request: request }: ApiActivity,
  keyId: string,
): ReturnType<typeof awsCredential> {
  const { user, session } = actor ?? {};
  return awsCredential({
    keyId,
    type: user?.type ?? '',
    // Which of the two holds the ARN has changed between versions.
    arn: [user?.uid_alt, user?.uid].find((id) => id?.startsWith('arn:')) ?? '',
    issuer: session?.issuer ?? '',
    isMfa: session?.is_mfa === true || session?.mfa === true,
    isInstanceSession: false,
    agent: request?.user_agent ?? '',
  });
}

const READ_ACTIVITY = 2;
/** Create, update, delete. */
const WRITE_ACTIVITIES: readonly unknown[] = [1, 3, 4];

function actionOf(data: ApiActivity): UsageEvent['action'] {
  const { operation, service } = data.api;
  const name = service?.name ?? '';
  const isRead = data.activity_id === READ_ACTIVITY;
  const isSaid = isRead || WRITE_ACTIVITIES.includes(data.activity_id);
  const kind = isAws(data)
    ? actionKindOfAws(operation, name, isSaid ? isRead : undefined)
    : isSaid
      ? (isRead && 'read') || 'write'
      : 'unknown';
  return { kind, name: actionNameOfAws(operation, name) };
}

const FAILURE = 2;

/** A failure says why in its error; without one, the status code may be HTTP's. */
function outcomeOf({ status_id, status_code, api }: ApiActivity): UsageEvent['outcome'] {
  const error = api.response?.error ?? '';
  if (error !== '') return outcomeOfAws(error);
  if (status_id !== FAILURE) return 'accepted';
  const said = String(api.response?.code ?? status_code ?? '');
  if (said === '401') return 'authentication';
  return said === '403' ? 'authorization' : outcomeOfAws(said === '' ? 'unknown' : said);
}
