import type { UsageEvent } from '../../domain/usage-event';
import { isSubject } from '../../domain/subject';

/** What records of AWS say of who signed a request. */
export interface AwsPrincipal {
  /** Of the access key: `AKIA…` lasts, `ASIA…` is of a session. */
  readonly keyId: string;
  /** CloudTrail's `userIdentity.type`: `IAMUser`, `AssumedRole`, `Root`. */
  readonly type: string;
  /** Of a session of a role it ends with the session's name. */
  readonly arn: string;
  /** ARN of the role that a session was assumed from. */
  readonly issuer: string;
  readonly isMfa: boolean;
  /** The session came to an instance by its metadata service. */
  readonly isInstanceSession: boolean;
  readonly agent: string;
}

/** What SDKs say of where they run: a function, or a container's task. */
const RUNS_IN = /\bexec-env\/AWS_(?:Lambda|ECS)_/;

/** The key that signed, whose it is, and who that is. */
export function awsCredential(
  signer: AwsPrincipal,
): { readonly subject: string } & Pick<UsageEvent, 'principal' | 'principalKind'> {
  const principalKind = principalKindOf(signer);
  const principal = principalSubject(signer);
  const subject = `id:aws-access-key:${signer.keyId}`;
  return { subject, principalKind, ...(isSubject(principal) ? { principal } : {}) };
}

/** An instance's session is named after the instance, what runs in a function or a task only its client says; people come through single sign-on or with a second factor. */
function principalKindOf({
  type,
  arn,
  issuer,
  isMfa,
  isInstanceSession,
  agent,
}: AwsPrincipal): UsageEvent['principalKind'] {
  if (isSingleSignOn(arn) || issuer.includes('/AWSReservedSSO_') || type === 'Root' || isMfa) return 'person';
  if (type !== 'AssumedRole') return 'unknown';
  const isInstance = /\/i-[0-9a-f]{8,17}$/.test(arn) || isInstanceSession;
  return isInstance || RUNS_IN.test(agent) || issuer.includes('/aws-service-role/') ? 'workload' : 'unknown';
}

function isSingleSignOn(arn: string): boolean {
  return arn.includes(':assumed-role/AWSReservedSSO_');
}

/**
 * Of a session: the role, whoever assumed it; of single sign-on each person, since their sessions are named after them by AWS and not as the caller likes; or the user,
 * whose sessions are mostly of the console. Empty for a key that lasts, and where no ARN says.
 */
function principalSubject({ keyId, arn }: AwsPrincipal): string {
  if (!keyId.startsWith('ASIA')) return '';
  const isRole = arn.includes(':assumed-role/');
  const isUser = /^arn:[^:]+:iam::\d*:(?:user\/|root$)/.test(arn);
  if (!isRole) return isUser ? consoleUser(arn) : '';
  return `id:aws-role:${isSingleSignOn(arn) ? arn : arn.replace(/\/[^/]*$/, '')}`;
}

/** A user's password, by which it signs in to the console. */
export function consoleUser(arn: string): string {
  return `id:aws-console-user:${arn}`;
}
