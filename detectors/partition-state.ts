import { z } from 'zod';
import type { IntelEvent } from '../domain/intel';
import type { RiskEvent } from '../domain/risk-event';
import type { BreachEvent, ControlEvent } from '../domain/usage-event';
import type { Evidence } from './assess';
import type { Spoken } from './rearm';

/** Raised when a stored state can no longer be read as what it was. */
export const STATE_SCHEMA = 1;

export const PARTITION_LIMITS = {
  /** A subject that comes back later is learnt anew. Longer than a year, so that a job of once a year is known. */
  idleMs: 400 * 86_400_000,
  /** One that had no use yet that taught anything: whoever makes up credentials makes nobody keep them. */
  strangerMs: 30 * 86_400_000,
  /** Subjects of one partition in memory; above it the longest idle are kept beside the snapshot. Some 4.8 KB each in one. */
  subjects: 20_000,
  /** Ids of the latest events of a subject, to recognise a redelivery. */
  recentIds: 32,
} as const;

/** All that is remembered of one subject; plain JSON, bounded. */
export interface SubjectState {
  /** Latest event time. */
  lastAt: number;
  /** Hashes of the latest event ids; `nextRecent` is where the next goes. */
  recent: number[];
  nextRecent: number;
  listed: ControlEvent['listed'];
  listedAt: number;
  breach?: Pick<BreachEvent, 'use' | 'context' | 'what' | 'detail'>;
  /** While the partition sheds, since then: uses that nobody objected to. */
  ordinary?: { readonly since: number; readonly uses: readonly number[] };
  cleanUses: number;
  cleanSince: number;
  /** One state a detector, by its id. */
  detectors: Record<string, unknown>;
  evidence: Evidence[];
  /** By detector id, and topic where it has several. */
  spoken: Record<string, Spoken>;
  /** The assessment last published. */
  assessed?: Spoken;
}

/** All that is remembered of a partition: exactly this is a snapshot. */
export interface PartitionState {
  readonly schema: typeof STATE_SCHEMA;
  /** Latest event time of the partition: what idle means is measured by it. */
  clock: number;
  size: number;
  /** Some subjects are kept beside the snapshot: one that is not here may be there. */
  hasIdle?: true;
  /** Time of the event since which it sheds learning: see shedding.ts. */
  shedsSince?: number;
  /** By what evidence is weighed, of the newest event that said it; without one, by what is so by default. */
  risk?: Pick<RiskEvent, 'at' | 'thresholds'>;
  /** The lists in force, of the newest event that named any. */
  intel?: Pick<IntelEvent, 'at' | 'lists'>;
  /** By subject. Keys begin with `fp:` or `id:`, so none can meet an object's own names. */
  subjects: Record<string, SubjectState>;
}

const envelope = z.looseObject({
  schema: z.literal(STATE_SCHEMA),
  clock: z.number(),
  size: z.number(),
  subjects: z.record(z.string(), z.looseObject({ lastAt: z.number(), detectors: z.record(z.string(), z.unknown()) })),
});

export function emptyPartition(): PartitionState {
  return { schema: STATE_SCHEMA, clock: 0, size: 0, subjects: {} };
}

/** A stored state, or undefined when it is of another schema: then the partition is learnt anew. */
export function restorePartition(stored: unknown): PartitionState | undefined {
  return envelope.safeParse(stored).success ? (stored as PartitionState) : undefined;
}

export function emptySubject(): SubjectState {
  return {
    lastAt: 0,
    recent: [],
    nextRecent: 0,
    listed: 'none',
    listedAt: 0,
    cleanUses: 0,
    cleanSince: 0,
    detectors: {},
    evidence: [],
    spoken: {},
  };
}
