import { parseEndpoint } from '../domain/endpoint';
import type { Subject } from '../domain/subject';
import type { BreachEvent } from '../domain/usage-event';
import type { LaneCheck } from './denylist-map';
import type { EndpointMemory } from './endpoint-memory';

/** `capped`: refused, for it comes too often. A breach closes the lane. */
export type LaneVerdict = 'pass' | 'capped' | Pick<BreachEvent, 'what' | 'detail'>;

/** Holds what is let through a lane to the lane's limits, as far as one gateway can see. */
export interface LaneGuard {
  /** Judges one use that would pass, and counts it. `endpoint`: as `endpointOf` gives it. */
  judge(subject: Subject, lane: LaneCheck, endpoint: string, now: number): LaneVerdict;
}

export const LANE_LIMITS = {
  windowMs: 60_000,
  /**
   * Above the cap a request is refused; at this multiple of it the lane is closed. A service that is refused tries again, which must not
   * be taken for an attack: it reaches twice or three times its own rate, and whoever copies data out does not mind five.
   */
  breachAtTimes: 5,
  /** Lanes whose rate is counted at once; the longest unused goes first. */
  lanes: 10_000,
} as const;

interface Window {
  readonly begin: number;
  count: number;
}

/** `onUnlimited` is told, once a lane, that this gateway knows too little to limit its endpoints. */
export function createLaneGuard(
  memory: Pick<EndpointMemory, 'recall'>,
  onUnlimited: (subject: Subject, context: string, why: 'no-memory' | 'wide') => void,
): LaneGuard {
  const windows = new Map<string, Window>();
  const told = new Set<string>();

  function isNew(subject: Subject, { lane, endpoints }: LaneCheck, endpoint: string, now: number): boolean {
    const habit = memory.recall(subject, lane, now);
    const declared = endpoints?.map(parseEndpoint);
    if (declared?.includes(endpoint)) return false;
    if (habit !== undefined && habit !== 'wide') return !habit.has(endpoint);
    if (declared) return true;
    const key = `${subject} ${lane}`;
    if (!told.has(key)) {
      if (told.size >= LANE_LIMITS.lanes) told.clear();
      told.add(key);
      onUnlimited(subject, lane, habit ?? 'no-memory');
    }
    return false;
  }

  /** Requests of this lane within the minute, this one included. A fixed window: at its edge twice the cap may pass, which is no breach. */
  function count(key: string, now: number): number {
    const known = windows.get(key);
    if (known && now - known.begin < LANE_LIMITS.windowMs) return (known.count += 1);
    windows.delete(key);
    const oldest = windows.keys().next();
    if (windows.size >= LANE_LIMITS.lanes && !oldest.done) windows.delete(oldest.value);
    windows.set(key, { begin: now, count: 1 });
    return 1;
  }

  return {
    judge(subject, lane, endpoint, now) {
      if (isNew(subject, lane, endpoint, now)) return { what: 'new-endpoint', detail: endpoint };
      if (lane.maxPerMinute === undefined) return 'pass';
      const made = count(`${subject} ${lane.lane}`, now);
      if (made > lane.maxPerMinute * LANE_LIMITS.breachAtTimes) return { what: 'rate', detail: String(made) };
      return made > lane.maxPerMinute ? 'capped' : 'pass';
    },
  };
}
