import { z } from 'zod';
import type { LoggedRequest } from './access-log-event';
import { logBytes, logStatus, logText, parseLogTime } from './log-fields';
import { headersIn } from './logged-headers';
import { describeIssues, malformed, type NotMapped } from './mapped';

/** The fields we use, named as nginx's variables are, and headers (`http_…`); docs/examples/nginx.conf has a `log_format` of them. */
const nginxLine = z.looseObject({
  time_iso8601: logText,
  time_local: logText,
  /** Seconds with milliseconds: taken before the others, which have none. */
  msec: logText,
  request_id: logText,
  remote_addr: logText,
  remote_user: logText,
  request_method: logText,
  uri: logText,
  request_uri: logText,
  args: logText,
  /** `GET /path HTTP/1.1`, for formats that have only this. */
  request: logText,
  status: logStatus,
  body_bytes_sent: logBytes,
  http_user_agent: logText,
  tourniquet_subject: logText,
  tourniquet_outcome: logText,
  key_id: logText,
});

/** One line of nginx's access log in JSON, parsed. */
export function readNginx(record: unknown): LoggedRequest | NotMapped {
  const parsed = nginxLine.safeParse(record);
  return parsed.success ? requestOf(parsed.data) : malformed(describeIssues(parsed.error.issues));
}

function requestOf(line: z.infer<typeof nginxLine>): LoggedRequest {
  const [method = '', path = ''] = line.request.split(' ', 2);
  return {
    source: 'nginx',
    requestId: line.request_id,
    at: parseLogTime(line.msec || line.time_iso8601 || line.time_local),
    method: line.request_method || method,
    path: line.uri || line.request_uri || path,
    target: line.request_uri || path || (line.args === '' ? line.uri : `${line.uri}?${line.args}`),
    status: line.status,
    bytes: line.body_bytes_sent,
    address: line.remote_addr,
    agent: line.http_user_agent,
    headers: headersIn(line, 'http_'),
    subject: line.tourniquet_subject,
    verdict: line.tourniquet_outcome,
    user: line.remote_user,
    publicId: line.key_id,
  };
}
