import type { Family } from '../domain/families';
import type { Severity } from '../domain/severity';
import type { BreachEvent, ControlEvent, PartitionEvent } from '../domain/usage-event';
import type { LocatedUsageEvent, Place } from './located-event';

/** What is known of the subject beside the event; the engine keeps it, since all detectors ask for it. */
export interface SubjectFacts {
  readonly listed: ControlEvent['listed'];
  /** Time of the control event that listed it; 0 when it is not listed. */
  readonly listedAt: number;
  /** The last breach of its lane that a gateway reported; `use` is the id of the use that broke it. */
  readonly breach: Pick<BreachEvent, 'use' | 'context' | 'what' | 'detail'> | undefined;
  /** Accepted uses under no suspicion, before this one. */
  readonly cleanUses: number;
  /** Time of the first of them; 0 when there is none. */
  readonly cleanSince: number;
  /** Families that speak against this very event: empty while detectors judge, and known when they remember (see `DetectorSpec`). */
  readonly suspectedBy: readonly Family[];
}

/** What a detector has to say about one event. The engine adds id, time, subject and detector. */
export interface Finding {
  readonly severity: Severity;
  /** 0 to 1: the chance that the detector is right, alone. */
  readonly confidence: number;
  readonly deterministic: boolean;
  /** `use`: this very use is abuse. `traffic`: the uses together are. `exposure`: the value is known to others. */
  readonly accuses: 'use' | 'traffic' | 'exposure';
  /** What of several things the detector speaks of, such as a rule: about each it is held back for itself. Chosen by us, not by a client. */
  readonly topic?: string;
  /** A phrase without capital or full stop, such as "used from BR 3 s after use in DE". Text of a client goes through `forPerson`. */
  readonly reason: string;
}

/** A life of one subject, made at run time, with the places its addresses lie in. */
export interface Sample {
  readonly title: string;
  readonly events: readonly PartitionEvent[];
  readonly places: Readonly<Record<string, Place>>;
  /** By address, the first letter of each list's content that names it. */
  readonly listed?: Readonly<Record<string, readonly string[]>>;
}

export interface Samples {
  /** The detector must speak. */
  readonly positives: readonly Sample[];
  /** Close to a positive, and the detector must stay silent. */
  readonly nearMisses: readonly Sample[];
}

/**
 * A fold over one subject's located events, in two steps: first every detector judges an event, then every detector remembers it.
 *
 * - `state` is an object of plain JSON and bounded, whatever the events.
 * - `judge` speaks on every event it objects to, and changes nothing; the engine holds back repetitions (see `rearm.ts`).
 * - `remember` changes the state in place, and is told in `suspectedBy` who objected: nothing may be learnt from such an event
 *   (`teaches` says so), but it is still counted.
 * - Neither ever sees probes, duplicates, or uses that prove no possession of the value.
 */
export interface DetectorSpec<S> {
  readonly id: string;
  readonly family: Family;
  /** Every number the detector judges by; the source of each stands beside it. */
  readonly parameters: Readonly<Record<string, number>>;
  /** A new object each time: `remember` writes into it. */
  initial(): S;
  judge(state: S, event: LocatedUsageEvent, facts: SubjectFacts): readonly Finding[];
  /** Left out where there is nothing to remember. What was written before it throws stays written. */
  remember?(state: S, event: LocatedUsageEvent, facts: SubjectFacts): void;
  samples(): Samples;
}

/** A detector as the registry and the engine hold it: its state is opaque to them. */
export type Detector = DetectorSpec<object>;

export const NO_FINDINGS: readonly Finding[] = [];

/** Hides the state's type. Sound, because the engine hands a detector only states that this detector made. */
export function defineDetector<S extends object>(spec: DetectorSpec<S>): Detector {
  return spec;
}
