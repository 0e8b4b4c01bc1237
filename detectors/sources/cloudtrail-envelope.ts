import { parseJson } from '../../domain/parse-json';

/** The record within what it comes in: EventBridge's event (`detail`), or an entry of `aws cloudtrail lookup-events` (`CloudTrailEvent`, a text). Any other is itself. */
export function outOfEnvelope(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const envelope = value as Readonly<Record<string, unknown>>;
  if (typeof envelope['CloudTrailEvent'] === 'string') return parseJson(envelope['CloudTrailEvent']);
  return typeof envelope['detail-type'] === 'string' && typeof envelope['detail'] === 'object'
    ? envelope['detail']
    : value;
}
