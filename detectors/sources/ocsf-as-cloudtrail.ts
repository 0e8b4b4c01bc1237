import { valuesOf, type LogRecord } from '../sigma/record';
import { parseJson } from '../../domain/parse-json';
import { namesAws } from './ocsf';

/**
 * An OCSF event of AWS as the CloudTrail record it was made of, as far as rules need it: so one rule serves both. What the mapping did not
 * know lies in `unmapped` under CloudTrail's own names. Events of others stay what they are.
 */
export function ocsfAsCloudTrail(event: LogRecord): LogRecord {
  const field = (name: string): unknown => valuesOf(event, name)[0];
  if (!namesAws(field('cloud.provider') ?? field('metadata.product.vendor_name'))) return event;
  const unmapped = field('unmapped');
  return {
    ...(typeof unmapped === 'object' ? unmapped : {}),
    eventName: field('api.operation'),
    eventSource: field('api.service.name'),
    sourceIPAddress: field('src_endpoint.ip') ?? field('src_endpoint.domain'),
    userAgent: field('http_request.user_agent'),
    awsRegion: field('cloud.region'),
    ...given('errorCode', field('api.response.error')),
    ...given('errorMessage', field('api.response.message')),
    ...given('requestParameters', parsed(field('api.request.data'))),
    ...given('responseElements', parsed(field('api.response.data'))),
    userIdentity: {
      type: field('actor.user.type'),
      userName: field('actor.user.name'),
      arn: [field('actor.user.uid_alt'), field('actor.user.uid')].find((id) => String(id).startsWith('arn:')),
      accessKeyId: field('actor.user.credential_uid') ?? field('actor.session.credential_uid'),
    },
  };
}

/** Absent and not undefined: a rule may ask whether a field is there. */
function given(name: string, value: unknown): LogRecord {
  return value === undefined || value === null ? {} : { [name]: value };
}

/** Some writers make a text of everything. */
function parsed(value: unknown): unknown {
  return typeof value === 'string' ? (parseJson(value) ?? value) : value;
}
