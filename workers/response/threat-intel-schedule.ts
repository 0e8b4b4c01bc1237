import {
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type ScheduleClient,
  type ScheduleOptions,
} from '@temporalio/client';
import { THREAT_INTEL_SCHEDULE } from '../../workflows/messages';
import type { Settings } from '../settings';

/** A refresh that is this late, since Temporal was away, is made up for; older ones the next one covers. */
const CATCH_UP = '10m';

/**
 * Makes the Temporal schedule that refreshes threat lists what the settings say, however often and by however many workers that is done. A refresh begins at
 * once, so that new settings count. Without lists none is created; one that is there goes on, and puts no list in force.
 */
export async function scheduleThreatIntel(
  schedules: ScheduleClient,
  taskQueue: string,
  { everyMinutes, lists }: Settings['threatIntel'],
): Promise<void> {
  const options = {
    spec: { intervals: [{ every: `${everyMinutes}m` }] },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: CATCH_UP },
    action: {
      type: 'startWorkflow',
      workflowType: 'refreshThreatIntel',
      workflowId: THREAT_INTEL_SCHEDULE,
      taskQueue,
      args: [],
      staticSummary: 'Refresh the threat lists',
    },
  } as const satisfies Omit<ScheduleOptions, 'scheduleId'>;
  const handle = schedules.getHandle(THREAT_INTEL_SCHEDULE);
  try {
    // Whoever paused it goes on deciding about that.
    await handle.update(({ state }) => ({ ...options, state }));
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    if (lists.length === 0) return;
    await createOnce(schedules, options);
  }
  await handle.trigger(ScheduleOverlapPolicy.BUFFER_ONE);
}

/** Two workers that start together both find none; one of them creates it. */
async function createOnce(schedules: ScheduleClient, options: Omit<ScheduleOptions, 'scheduleId'>): Promise<void> {
  try {
    await schedules.create({ ...options, scheduleId: THREAT_INTEL_SCHEDULE });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
}
