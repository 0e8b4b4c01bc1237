import type { UsageEvent } from '../../domain/usage-event';

/** What records of AWS say of who signed a request. */
export interface AwsPrincipal {
  /** CloudTrail's `userIdentity.type`: `IAMUser`, `AssumedRole`, `Root`. */
  readonly type: string;
  readonly arn: string;
  /** ARN of the role that a session was assumed from. */
  readonly issuer: string;
  readonly isMfa: boolean;
  /** The session came to an instance by its metadata service. */
  readonly isInstanceSession: boolean;
}

/** An instance's session is named after the instance; people come through single sign-on or with a second factor. */
export function principalKindOfAws(principal: AwsPrincipal): UsageEvent['principalKind'] {
  const { type, arn, issuer, isMfa, isInstanceSession } = principal;
  if (issuer.includes('/AWSReservedSSO_') || type === 'Root' || isMfa) return 'person';
  if (type !== 'AssumedRole') return 'unknown';
  const isInstance = /\/i-[0-9a-f]{8,17}$/.test(arn) || isInstanceSession;
  return isInstance || issuer.includes('/aws-service-role/') ? 'workload' : 'unknown';
}
