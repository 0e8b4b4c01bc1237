import type { LogRecord } from '../sigma/record';
import type { RecordKind } from '../sigma/rule-set';
import type { LoggedRequest } from './access-log-event';

export const WEBSERVER: RecordKind = { category: 'webserver' };

/** A line with its fields also under the names that Sigma's rules for web servers use. It holds the query: it is for rules only. */
export function webserverRecord(line: LogRecord, request: LoggedRequest): LogRecord {
  const [stem = '', ...query] = request.target.split('?');
  return {
    ...line,
    'cs-method': request.method,
    'cs-uri': request.target,
    'cs-uri-stem': stem,
    'cs-uri-query': query.join('?'),
    'cs-user-agent': request.agent,
    'c-ip': request.address,
    'sc-status': request.status,
  };
}
