/** Detectors forget by event time: one event from far ahead would make them forget everything. Clocks differ by less. */
const MOST_AHEAD_MS = 300_000;

/** Whether an event's time lies so far ahead of `now` that no intake takes it. */
export function isAheadOfClock(at: number, now: number): boolean {
  return at > now + MOST_AHEAD_MS;
}
