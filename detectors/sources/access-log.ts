import type { LoggedRequest } from './access-log-event';
import { readEnvoy } from './envoy';
import type { NotMapped } from './mapped';
import { readNginx } from './nginx';

/** One line of a JSON access log, of Envoy or of nginx: the name of the status tells which. */
export function readAccessLog(record: unknown): LoggedRequest | NotMapped {
  const isEnvoy = typeof record === 'object' && record !== null && 'response_code' in record;
  return isEnvoy ? readEnvoy(record) : readNginx(record);
}
