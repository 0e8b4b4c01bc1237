import {
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type ScheduleClient,
  type ScheduleOptions,
} from '@temporalio/client';
import { READINESS_SCHEDULE, THREAT_INTEL_SCHEDULE } from '../../workflows/messages';
import type { Settings } from '../settings';

/** A run that is this late, since Temporal was away, is made up for; older ones the next one covers. */
const CATCH_UP = '10m';

interface Planned {
  readonly workflowType: string;
  readonly every: `${number}m` | `${number}h`;
  readonly taskQueue: string;
  readonly summary: string;
}

/**
 * Makes the Temporal schedule that refreshes threat lists what the settings say, however often and by however many workers that is done. A refresh begins at
 * once, so that new settings count, unless somebody has paused it. Without lists none is created; one that is there goes on, and puts no list in force.
 */
export async function scheduleThreatIntel(
  schedules: ScheduleClient,
  taskQueue: string,
  { everyMinutes, lists }: Settings['threatIntel'],
): Promise<void> {
  const planned = { workflowType: 'refreshThreatIntel', every: `${everyMinutes}m`, taskQueue } as const;
  const summary = 'Refresh the threat lists';
  const exists = await putSchedule(schedules, THREAT_INTEL_SCHEDULE, { ...planned, summary }, lists.length > 0);
  const schedule = schedules.getHandle(THREAT_INTEL_SCHEDULE);
  if (exists && !(await schedule.describe()).state.paused) await schedule.trigger(ScheduleOverlapPolicy.BUFFER_ONE);
}

/** The same of the one that looks whether leaks could be answered. It begins in its time: a worker that starts again and again asks nobody. */
export async function scheduleReadiness(
  schedules: ScheduleClient,
  taskQueue: string,
  { everyHours }: Settings['readiness'],
): Promise<void> {
  const planned = { workflowType: 'checkReadiness', every: `${everyHours}h`, taskQueue } as const;
  await putSchedule(schedules, READINESS_SCHEDULE, { ...planned, summary: 'Could leaks be answered?' }, true);
}

/** Brings a schedule up to date, or creates it if `create`; says whether it is there. */
async function putSchedule(
  schedules: ScheduleClient,
  scheduleId: string,
  { workflowType, every, taskQueue, summary }: Planned,
  create: boolean,
): Promise<boolean> {
  const options = {
    spec: { intervals: [{ every }] },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: CATCH_UP },
    action: {
      type: 'startWorkflow',
      workflowType,
      workflowId: scheduleId,
      taskQueue,
      args: [],
      staticSummary: summary,
    },
  } as const satisfies Omit<ScheduleOptions, 'scheduleId'>;
  try {
    // Whoever paused it goes on deciding about that.
    await schedules.getHandle(scheduleId).update(({ state }) => ({ ...options, state }));
    return true;
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    if (create) await createOnce(schedules, { ...options, scheduleId });
    return create;
  }
}

/** Two workers that start together both find none; one of them creates it. */
async function createOnce(schedules: ScheduleClient, options: ScheduleOptions): Promise<void> {
  try {
    await schedules.create(options);
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
}
