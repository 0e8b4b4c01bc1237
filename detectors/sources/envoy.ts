import { z } from 'zod';
import type { LogRecord } from '../sigma/record';
import { accessLogEvent, type LoggedRequest } from './access-log-event';
import { logStatus, logText, parseLogTime, withoutPort } from './log-fields';
import { describeIssues, malformed, type Mapped } from './mapped';
import { webserverRecord } from './webserver-record';

/** The fields we use, named as in Envoy's own default JSON format; docs/examples/envoy.yaml adds ours. */
const envoyLine = z.object({
  start_time: logText,
  request_id: logText,
  method: logText,
  path: logText,
  response_code: logStatus,
  downstream_remote_address: logText,
  user_agent: logText,
  tourniquet_subject: logText,
  tourniquet_outcome: logText,
  remote_user: logText,
  key_id: logText,
});

/** One line of Envoy's access log in JSON, parsed. */
export function mapEnvoy(record: unknown): Mapped {
  const parsed = envoyLine.safeParse(record);
  return parsed.success
    ? accessLogEvent(requestOf(parsed.data), Object(record) as object)
    : malformed(describeIssues(parsed.error.issues));
}

/** The line as rules see it. */
export function webserverOfEnvoy(record: LogRecord): LogRecord {
  const parsed = envoyLine.safeParse(record);
  return parsed.success ? webserverRecord(record, requestOf(parsed.data)) : record;
}

function requestOf(line: z.infer<typeof envoyLine>): LoggedRequest {
  return {
    source: 'envoy',
    requestId: line.request_id,
    at: parseLogTime(line.start_time),
    method: line.method,
    path: line.path,
    target: line.path,
    status: line.response_code,
    address: withoutPort(line.downstream_remote_address),
    agent: line.user_agent,
    subject: line.tourniquet_subject,
    verdict: line.tourniquet_outcome,
    user: line.remote_user,
    publicId: line.key_id,
  };
}
