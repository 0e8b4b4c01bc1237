import { isCancellation, proxyActivities } from '@temporalio/workflow';
import type { IntelActivities, ListFault, ListReport } from '../activities/intel';
import { stepFailure } from './lib/failure-code';

/**
 * A server of lists may be slow, and a minute for a fetch is its own bound (intel/list-source.ts). Who does not answer is asked again with the next refresh.
 * Reading a million networks keeps the process busy for seconds, and the SDK sends a heartbeat only when most of its time-out is over.
 */
const lists = proxyActivities<IntelActivities>({
  startToCloseTimeout: '2m',
  heartbeatTimeout: '1m',
  retry: { initialInterval: '2s', backoffCoefficient: 3, maximumAttempts: 3 },
});

/** NATS away: the next refresh is an hour off, so this one waits. */
const untilDone = proxyActivities<IntelActivities>({
  startToCloseTimeout: '30s',
  heartbeatTimeout: '10s',
  scheduleToCloseTimeout: '1h',
});

/**
 * Fetches every threat list and puts the last good content of each in force, all at once. One that can't be had, or is no list, keeps its last good content
 * until that runs out, and takes no other with it. Begun by a Temporal schedule.
 */
export async function refreshThreatIntel(): Promise<readonly ListReport[]> {
  const names = await untilDone.listThreatLists.executeWithOptions({ summary: 'Which lists are there?' }, []);
  const faults = await Promise.all(names.map(refresh));
  return untilDone.putThreatListsInForce.executeWithOptions({ summary: 'Put the lists in force' }, [
    { faults: faults.filter((fault) => fault !== undefined) },
  ]);
}

async function refresh(name: string): Promise<ListFault | undefined> {
  try {
    await lists.refreshThreatList.executeWithOptions({ summary: `Fetch ${name}` }, [{ name }]);
    return undefined;
  } catch (error) {
    if (isCancellation(error)) throw error;
    const { code, message } = stepFailure(error);
    return { name, code, fault: message };
  }
}
