import type { Client } from '@temporalio/client';
import { IncidentError } from '../domain/errors';
import { InvalidRequest } from './read-request';

/** A person waits for the answer; longer than a worker needs to take a query up after a restart. */
const DEADLINE_MS = 5_000;

/** Asks Temporal, for a bounded time. @throws IncidentError BACKEND_UNAVAILABLE when it, or a worker behind it, does not answer */
export async function askTemporal<T>(temporal: Client, work: () => Promise<T>): Promise<T> {
  try {
    return await temporal.withDeadline(Date.now() + DEADLINE_MS, work);
  } catch (error) {
    if (error instanceof IncidentError || error instanceof InvalidRequest) throw error;
    throw new IncidentError('BACKEND_UNAVAILABLE', { backend: 'temporal' }, { cause: error });
  }
}
