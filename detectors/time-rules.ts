import type { PartitionEvent, StreamEvent } from '../domain/usage-event';

/** How an event's time is treated that does not fit what came before. */
export const TIME_RULES = {
  /** A source's clock may run ahead of the stream's by this much; what is later is judged at the time it was stored. */
  aheadMs: 60_000,
  /** CloudTrail may be a quarter of an hour late; what is later than this against its subject's newest event is stale. */
  staleMs: 3_600_000,
} as const;

/** The event, with its time put back where its clock runs ahead of the stream. */
export function notAhead<E extends PartitionEvent>(event: E, storedAt: number | undefined): E {
  return storedAt !== undefined && event.at > storedAt + TIME_RULES.aheadMs ? { ...event, at: storedAt } : event;
}

export function isStale(event: StreamEvent, newestAt: number): boolean {
  return event.at < newestAt - TIME_RULES.staleMs;
}
