import { z } from 'zod';
import type { LoggedRequest } from './access-log-event';
import { logBytes, logStatus, logText, parseLogTime, withoutPort } from './log-fields';
import { headersIn } from './logged-headers';
import { describeIssues, malformed, type NotMapped } from './mapped';

/** The fields we use, named as in Envoy's own default JSON format; docs/examples/envoy.yaml adds ours. */
const envoyLine = z.object({
  start_time: logText,
  request_id: logText,
  method: logText,
  path: logText,
  response_code: logStatus,
  bytes_sent: logBytes,
  downstream_remote_address: logText,
  user_agent: logText,
  /** Ours: headers by name, in an object of their own. */
  request_headers: z.record(z.string(), z.unknown()).nullish().catch(undefined),
  tourniquet_subject: logText,
  tourniquet_outcome: logText,
  remote_user: logText,
  key_id: logText,
});

/** One line of Envoy's access log in JSON, parsed. */
export function readEnvoy(record: unknown): LoggedRequest | NotMapped {
  const parsed = envoyLine.safeParse(record);
  return parsed.success ? requestOf(parsed.data) : malformed(describeIssues(parsed.error.issues));
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
    bytes: line.bytes_sent,
    address: withoutPort(line.downstream_remote_address),
    agent: line.user_agent,
    headers: headersIn(line.request_headers ?? {}),
    subject: line.tourniquet_subject,
    verdict: line.tourniquet_outcome,
    user: line.remote_user,
    publicId: line.key_id,
  };
}
