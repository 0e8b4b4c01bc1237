import {
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type Client,
  type ScheduleExecutionResult,
} from '@temporalio/client';
import { setTimeout as delay } from 'node:timers/promises';
import type { ListReport } from '../activities/intel';
import { IncidentError } from '../domain/errors';
import type { refreshThreatIntel } from '../workflows';
import { THREAT_INTEL_SCHEDULE } from '../workflows/messages';

/** What the last refresh that ended said, and when it began. */
export interface LastRefresh {
  readonly at: Date;
  readonly lists: readonly ListReport[];
}

/** @throws IncidentError CONFIG_INVALID where no lists are configured */
export async function lastRefresh(client: Client): Promise<LastRefresh | undefined> {
  for (const { takenAt, action } of (await recentRuns(client)).reverse()) {
    const { workflowId, firstExecutionRunId } = action.workflow;
    const handle = client.workflow.getHandle<typeof refreshThreatIntel>(workflowId, firstExecutionRunId);
    const { status } = await handle.describe();
    if (status.name === 'COMPLETED') return { at: takenAt, lists: await handle.result() };
  }
  return undefined;
}

/** Has the lists refreshed now, and waits for the end. @throws IncidentError CONFIG_INVALID where no lists are configured */
export async function refreshNow(client: Client, waitMs = 180_000): Promise<LastRefresh | undefined> {
  const asked = Date.now();
  const before = new Set((await recentRuns(client)).map(({ action }) => action.workflow.firstExecutionRunId));
  await client.schedule.getHandle(THREAT_INTEL_SCHEDULE).trigger(ScheduleOverlapPolicy.BUFFER_ONE);
  while (Date.now() - asked < waitMs) {
    const run = (await recentRuns(client)).find(({ action }) => !before.has(action.workflow.firstExecutionRunId));
    if (run) {
      const { workflowId, firstExecutionRunId } = run.action.workflow;
      const handle = client.workflow.getHandle<typeof refreshThreatIntel>(workflowId, firstExecutionRunId);
      return { at: run.takenAt, lists: await handle.result() };
    }
    await delay(200);
  }
  return undefined;
}

async function recentRuns(client: Client): Promise<ScheduleExecutionResult[]> {
  try {
    const { info } = await client.schedule.getHandle(THREAT_INTEL_SCHEDULE).describe();
    return [...info.recentActions];
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    throw new IncidentError('CONFIG_INVALID', {
      faults: ['no response worker has threat lists: name them under threatIntel in the settings file'],
    });
  }
}
