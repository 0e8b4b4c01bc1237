import type { Logger } from 'pino';
import type { StalenessReport } from '../../enforcement/staleness';

/** One line a change. People are paged from the other side, which misses this gateway's lease (workers/response/missing-gateways.ts). */
export function stalenessAlarm(log: Logger): (report: StalenessReport) => void {
  return ({ trust, why, since }) => {
    if (trust === 'fresh') return log.info('the denylist is fresh: every write is applied');
    log.error(
      { code: 'GATEWAY_STALE', why, since: since === undefined ? undefined : new Date(since).toISOString() },
      trust === 'fallback'
        ? 'NATS is away: the denylist comes from the API'
        : 'NATS is away and nobody vouches for the denylist: privileged routes are shut, known refusals stay',
    );
  };
}
