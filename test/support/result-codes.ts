import { IncidentError } from '../../domain/errors';

/** The code of each that was refused by us; whatever else it was refused with as it is. */
export function codesOf(results: readonly PromiseSettledResult<unknown>[]): unknown[] {
  return results.map((result) => {
    if (result.status === 'fulfilled') return 'fulfilled';
    const reason: unknown = result.reason;
    return reason instanceof IncidentError ? reason.code : reason;
  });
}

/** How long it asks us to wait, in milliseconds. */
export function retryAfterOf(result: PromiseSettledResult<unknown>): unknown {
  const reason: unknown = result.status === 'rejected' ? result.reason : undefined;
  return reason instanceof IncidentError ? reason.fields['retryAfterMs'] : undefined;
}
