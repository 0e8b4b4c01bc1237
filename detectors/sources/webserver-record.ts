import type { LogRecord } from '../sigma/record';
import type { RecordKind } from '../sigma/rule-set';
import type { LoggedRequest } from './access-log-event';
import { decodedText } from './decoded-text';

export const WEBSERVER: RecordKind = { category: 'webserver' };

/**
 * A line with its fields also under the names that Sigma's rules for web servers use. It holds the query: it is for rules only.
 *
 * All fields answer to their names, but only what the client chose is enumerable, and so seen by rules that look anywhere: an upstream on
 * 127.0.0.1, or the request line itself, would look to them like an attack in every line.
 */
export function webserverRecord(line: LogRecord, request: LoggedRequest): LogRecord {
  const [stem = '', ...query] = request.target.split('?');
  const byName = {
    ...line,
    'cs-method': request.method,
    'cs-uri-stem': stem,
    'cs-uri-query': query.join('?'),
    'c-ip': request.address,
    'sc-status': request.status,
  };
  const anywhere = {
    'cs-uri': request.target,
    'cs-user-agent': request.agent,
    /** Ours: as a service may come to see it. */
    decoded: decodedText(request.target),
    ...Object.fromEntries(Object.entries(request.headers).map(([name, text]) => [`cs-${name}`, decodedText(text)])),
  };
  for (const [name, value] of Object.entries(byName)) {
    if (!Object.hasOwn(anywhere, name)) Object.defineProperty(anywhere, name, { value });
  }
  return anywhere;
}
