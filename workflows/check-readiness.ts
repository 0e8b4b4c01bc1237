import { isCancellation, patched, proxyActivities } from '@temporalio/workflow';
import type { IntelActivities } from '../activities/intel';
import type { CredentialReadiness, ReadinessActivities, Unready } from '../activities/readiness';
import type { ServerReadiness } from '../activities/server-readiness';
import { stepFailure } from './lib/failure-code';

/** Servers that don't answer are waited for by each check in its own time: a batch of them takes the longest. */
const looks = proxyActivities<ReadinessActivities & Pick<IntelActivities, 'examineThreatLists'>>({
  startToCloseTimeout: '5m',
  heartbeatTimeout: '30s',
  retry: { initialInterval: '2s', maximumAttempts: 3 },
});

/** Examined together; as many connections a server sees from it at once. */
const BATCH = 8;
/** A result has room for as many: those that are not ready come first. */
const MOST_SHOWN = 500;

export interface ReadinessReport {
  /** Credentials with a live version. */
  readonly examined: number;
  readonly unready: number;
  /** The unready ones first; not more than a result has room for. */
  readonly credentials: readonly CredentialReadiness[];
  /** What no credential leads to: accounts of which none lives here, channels, and threat lists. */
  readonly servers: readonly ServerReadiness[];
  /** Why security could not be told. */
  readonly untold?: string;
}

/**
 * Whether a leak of each credential could be answered now: an incident is no time to learn that an admin credential has run out. Nothing is changed.
 * Begun by a Temporal schedule, which tells security what is wrong, and by `tourniquet doctor`.
 */
export async function checkReadiness(): Promise<ReadinessReport> {
  const ids = await looks.listCredentials();
  const ready: CredentialReadiness[] = [];
  const unready: CredentialReadiness[] = [];
  for (let first = 0; first < ids.length; first += BATCH) {
    const credentialIds = ids.slice(first, first + BATCH);
    const summary = `Could leaks of ${credentialIds[0]}${credentialIds.length > 1 ? ' and others' : ''} be answered?`;
    for (const one of await looks.examineReadiness.executeWithOptions({ summary }, [{ credentialIds }]))
      (one.faults.length > 0 ? unready : ready).push(one);
  }
  const servers = patched('servers') ? await examineServers() : [];
  const notReady = servers.filter(({ faults }) => faults.length > 0);
  const shown = unready.slice(0, MOST_SHOWN);
  const untold = shown.length + notReady.length > 0 ? await tell({ unready: shown, servers: notReady }) : undefined;
  return {
    examined: ready.length + unready.length,
    unready: unready.length,
    credentials: [...unready, ...ready].slice(0, MOST_SHOWN),
    servers,
    ...(untold === undefined ? {} : { untold }),
  };
}

/** What is not ready may be how security is told: then whoever reads the report must know. */
async function tell(unready: Unready): Promise<string | undefined> {
  try {
    await looks.reportUnready.executeWithOptions({ summary: 'Tell security what is wrong' }, [unready]);
    return undefined;
  } catch (error) {
    if (isCancellation(error) || !patched('told-or-not')) throw error;
    return stepFailure(error).message;
  }
}

async function examineServers(): Promise<readonly ServerReadiness[]> {
  const [servers, lists] = await Promise.all([
    looks.examineServers.executeWithOptions({ summary: 'Would other servers do their part?' }, []),
    looks.examineThreatLists.executeWithOptions({ summary: 'Are the threat lists fresh?' }, []),
  ]);
  return [...servers, ...lists];
}
