import type { LogRecord } from '../sigma/record';
import { mapEnvoy, webserverOfEnvoy } from './envoy';
import type { Mapped } from './mapped';
import { mapNginx, webserverOfNginx } from './nginx';

/** One line of a JSON access log, of Envoy or of nginx: the name of the status tells which. */
export function mapAccessLog(record: unknown): Mapped {
  return isEnvoy(record) ? mapEnvoy(record) : mapNginx(record);
}

/** The line as rules see it. */
export function webserverOfAccessLog(record: LogRecord): LogRecord {
  return isEnvoy(record) ? webserverOfEnvoy(record) : webserverOfNginx(record);
}

function isEnvoy(record: unknown): boolean {
  return typeof record === 'object' && record !== null && 'response_code' in record;
}
