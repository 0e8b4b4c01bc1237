import type { LogRecord } from '../sigma/record';
import { logText } from './log-fields';

/** Headers of a request, by their names in small letters, as far as a line has them. Rules are asked about them, and they go no further. */
export type LoggedHeaders = Readonly<Record<string, string>>;

/** Of one line; more of them are noise. */
const MOST_HEADERS = 32;

/** What holds secrets is not looked at even where it was logged, and the agent has a place of its own; addresses of proxies before us are no words of the client. */
const LEFT_OUT =
  /^(?:authorization|proxy-authorization|cookie|set-cookie|user-agent|host|forwarded|x-forwarded-.*|x-real-ip|via)$/;

/** They hold addresses of other pages, whose names may be anything (`…/server-status`, `http://localhost:3000`): looked at only where they hold what no address does. */
const ADDRESSES = new Set(['referer', 'origin']);
const NO_ADDRESS = /\$\{|<|%24%7b|%3c/i;

/** The fields of `record` that begin with `prefix`, as nginx names its variables (`http_x_api_version`). */
export function headersIn(record: LogRecord, prefix = ''): LoggedHeaders {
  const headers: Record<string, string> = {};
  let count = 0;
  for (const [field, value] of Object.entries(record)) {
    if (!field.startsWith(prefix)) continue;
    const name = field.slice(prefix.length).toLowerCase().replaceAll('_', '-');
    const text = logText.safeParse(value).data ?? '';
    if (text === '' || LEFT_OUT.test(name) || (ADDRESSES.has(name) && !NO_ADDRESS.test(text))) continue;
    headers[name] = text;
    if (++count >= MOST_HEADERS) break;
  }
  return headers;
}
