import { IncidentError } from '../domain/errors';
import { callContext } from './activity-edge';
import { nameOf } from '../domain/name-of';

/** Why one step of an incident could not be done now. */
export interface ReadinessFault {
  readonly step: string;
  readonly code: string;
  readonly fault: string;
}

/** What a look finds wrong; undefined where that is nothing. */
export async function faultOf(step: string, check: () => Promise<unknown>): Promise<ReadinessFault | undefined> {
  try {
    await check();
    return undefined;
  } catch (error) {
    // Told to stop, it has found nothing out.
    if (callContext(step).signal.aborted) throw error;
    if (error instanceof IncidentError) return { step, code: error.code, fault: error.message };
    // The text of others may hold what nobody should read.
    return { step, code: 'INTERNAL', fault: `INTERNAL: ${nameOf(error)}` };
  }
}
