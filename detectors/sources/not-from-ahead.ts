import { isAheadOfClock } from '../../domain/ahead-of-clock';
import type { StreamEvent } from '../../domain/usage-event';
import { malformed, type Mapped } from './mapped';

/** What lies ahead of the clock is malformed, as at every intake: one event from years ahead would make all that come after it stale. `now`: milliseconds since the epoch. */
export function notFromAhead(
  map: (record: unknown) => Mapped<StreamEvent>,
  now: () => number,
): (record: unknown) => Mapped<StreamEvent> {
  return (record) => {
    const mapped = map(record);
    if (mapped.kind !== 'event' || !isAheadOfClock(mapped.event.at, now())) return mapped;
    return malformed(`at: lies in the future (${new Date(mapped.event.at).toISOString()})`);
  };
}
