import type { UsageEvent } from '../../domain/usage-event';

/** What only looks, by its name: for the records that do not say so themselves. */
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

/** What kind of act an API operation of AWS is. `isRead` is the record's own word, where it has one. */
export function actionKindOfAws(
  operation: string,
  service: string,
  isRead: boolean | undefined,
): UsageEvent['action']['kind'] {
  if (isRead ?? READ.test(operation)) return 'read';
  return ADMIN_SOURCES.has(service) || ADMIN.test(operation) ? 'admin' : 'write';
}

/** `s3:GetObject`. */
export function actionNameOfAws(operation: string, service: string): string {
  const short = service.split('.', 1)[0];
  return (short ? `${short}:${operation}` : operation).slice(0, 512);
}

const AUTHENTICATION =
  /InvalidClientTokenId|SignatureDoesNotMatch|AuthFailure|ExpiredToken|InvalidAccessKeyId|IncompleteSignature|UnrecognizedClient/i;
const AUTHORIZATION = /AccessDenied|Unauthorized|NotAuthorized|Forbidden|OptInRequired/i;

/** What an error code of AWS means; an empty one is success. */
export function outcomeOfAws(errorCode: string): UsageEvent['outcome'] {
  if (errorCode === '') return 'accepted';
  // UnauthorizedOperation is authorization, AuthFailure authentication: the order does not matter, the patterns are disjoint.
  if (AUTHENTICATION.test(errorCode)) return 'authentication';
  return AUTHORIZATION.test(errorCode) ? 'authorization' : 'failed';
}
