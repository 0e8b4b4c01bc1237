import type { IntelEvent } from '../domain/intel';
import type { RiskEvent } from '../domain/risk-event';
import type { BreachEvent, ControlEvent } from '../domain/usage-event';
import type { Evidence } from './assess';
import { markOf } from './marks';
import type { Spoken } from './rearm';
import { freshNumbers, type Numbers } from './rows';

export const PARTITION_LIMITS = {
  /** A subject that comes back later is learnt anew. Longer than a year, so that a job of once a year is known. */
  idleMs: 400 * 86_400_000,
  /** One that had no use yet that taught anything: whoever makes up credentials makes nobody keep them. */
  strangerMs: 30 * 86_400_000,
  /** Subjects of one partition in memory; above it the longest idle are kept beside the snapshot. Some 2.4 KB each in one. */
  subjects: 40_000,
} as const;

/** All that is remembered of one subject, or of one principal with all its short-lived credentials; bounded. */
export interface SubjectState {
  /** What the marks of its actions begin with: see marks.ts. */
  readonly seed: number;
  /** Latest event time. */
  lastAt: number;
  listed: ControlEvent['listed'];
  listedAt: number;
  breach?: Pick<BreachEvent, 'use' | 'context' | 'what' | 'detail'>;
  /** While the partition sheds, since then: uses that nobody objected to. */
  ordinary?: { readonly since: number; readonly at: number; readonly uses: readonly number[] };
  cleanUses: number;
  cleanSince: number;
  /** What all detectors remember, and the engine of event ids: see rows.ts. */
  numbers: Numbers;
  evidence: Evidence[];
  /** By detector id, and topic where it has several. */
  spoken: Record<string, Spoken>;
  /** The assessment last published. */
  assessed?: Spoken;
}

/** All that is remembered of a partition: exactly this is in its snapshot (stored-state.ts). */
export interface PartitionState {
  /** Latest event time of the partition: what idle means is measured by it. */
  clock: number;
  /** Some subjects are kept beside the snapshot: one that is not here may be there. */
  hasIdle?: true;
  /** Time of the event since which it sheds learning: see shedding.ts. */
  shedsSince?: number;
  /** By what evidence is weighed, of the newest event that said it; without one, by what is so by default. */
  risk?: Pick<RiskEvent, 'at' | 'thresholds'>;
  /** The lists in force, of the newest event that named any. */
  intel?: Pick<IntelEvent, 'at' | 'lists'>;
  /** Each under its `principalOf`. */
  readonly subjects: Map<string, SubjectState>;
}

export function emptyPartition(): PartitionState {
  return { clock: 0, subjects: new Map() };
}

export function emptySubject(name: string): SubjectState {
  return {
    seed: markOf(name),
    lastAt: 0,
    listed: 'none',
    listedAt: 0,
    cleanUses: 0,
    cleanSince: 0,
    numbers: freshNumbers(),
    evidence: [],
    spoken: {},
  };
}
