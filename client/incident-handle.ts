import { WorkflowFailedError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { IncidentError } from '../domain/errors';
import type { TimelineEntry } from '../domain/incident';
import { stateQuery, type IncidentResult, type IncidentView } from '../workflows/messages';
import type { respondToLeak } from '../workflows';

export interface ResultOptions {
  /** How long to wait for the end; without it as long as it takes. The incident goes on in any case. */
  readonly timeoutMs?: number;
}

/** One incident, for programs. */
export interface IncidentHandle {
  readonly id: string;
  /** @throws IncidentError INCIDENT_UNKNOWN */
  state(): Promise<IncidentView>;
  /** What happened, oldest first. @throws IncidentError INCIDENT_UNKNOWN */
  timeline(): Promise<readonly TimelineEntry[]>;
  /** Waits for the end. @throws IncidentError INCIDENT_STILL_OPEN after `timeoutMs`, INCIDENT_ABORTED, INCIDENT_UNKNOWN */
  result(options?: ResultOptions): Promise<IncidentResult>;
}

/** A handle on an incident by its id, `incident/<credential>/<version>`. */
export function incident(client: Client, id: string): IncidentHandle {
  const handle = client.workflow.getHandle<typeof respondToLeak>(id);

  async function state(): Promise<IncidentView> {
    try {
      return await handle.query(stateQuery);
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) throw new IncidentError('INCIDENT_UNKNOWN', { incident: id });
      throw error;
    }
  }

  return {
    id,
    state,
    timeline: async () => (await state()).incident.timeline,
    async result({ timeoutMs } = {}) {
      const deadline = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
      try {
        return await (deadline ? client.withAbortSignal(deadline, () => handle.result()) : handle.result());
      } catch (error) {
        if (deadline?.aborted) throw new IncidentError('INCIDENT_STILL_OPEN', { incident: id, timeoutMs });
        if (error instanceof WorkflowNotFoundError) throw new IncidentError('INCIDENT_UNKNOWN', { incident: id });
        if (error instanceof WorkflowFailedError)
          throw new IncidentError('INCIDENT_ABORTED', { incident: id }, { cause: error });
        throw error;
      }
    },
  };
}
