import { setTimeout as sleep } from 'node:timers/promises';
import type { UsageEvent } from '../../domain/usage-event';

/** However long the recording is, it is played in this time. */
const PLAY_MS = 6_000;
const TICK_MS = 100;
/** What the API takes at once. */
const MOST_AT_ONCE = 1_000;

/**
 * Plays a recording compressed in time. Only the delivery is compressed: the events keep their distances, since detectors judge by them,
 * and are moved as a whole so that the last one is from now. Resolves to when each event was handed in, by its id.
 */
export async function playRecording(
  events: readonly UsageEvent[],
  handIn: (events: readonly UsageEvent[]) => Promise<void>,
  { signal, playMs = PLAY_MS }: { readonly signal: AbortSignal; readonly playMs?: number },
): Promise<{ readonly shiftMs: number; readonly playedAt: ReadonlyMap<string, number> }> {
  const first = events[0]?.at ?? 0;
  const last = events.at(-1)?.at ?? first;
  const begin = Date.now();
  const shiftMs = begin - last;
  const pace = playMs / Math.max(1, last - first);
  const playedAt = new Map<string, number>();
  for (let next = 0; next < events.length;) {
    const due = (event: UsageEvent | undefined): boolean =>
      event !== undefined && (event.at - first) * pace <= Date.now() - begin;
    let end = next;
    while (due(events[end]) && end - next < MOST_AT_ONCE) end += 1;
    const batch = events.slice(next, end).map((event) => ({ ...event, at: event.at + shiftMs }));
    if (batch.length > 0) {
      for (const { id } of batch) playedAt.set(id, Date.now());
      await handIn(batch);
    } else await sleep(TICK_MS, undefined, { signal });
    next = end;
  }
  return { shiftMs, playedAt };
}
