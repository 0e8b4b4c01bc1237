import { mapEnvoy } from './envoy';
import type { Mapped } from './mapped';
import { mapNginx } from './nginx';

/** One line of a JSON access log, of Envoy or of nginx: the name of the status tells which. */
export function mapAccessLog(record: unknown): Mapped {
  const isEnvoy = typeof record === 'object' && record !== null && 'response_code' in record;
  return isEnvoy ? mapEnvoy(record) : mapNginx(record);
}
