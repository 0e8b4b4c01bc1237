import type { Family } from '../domain/families';
import type { Severity } from '../domain/severity';
import type { BreachEvent, ControlEvent, PartitionEvent } from '../domain/usage-event';
import type { LocatedUsageEvent, Place } from './located-event';
import { placeRows, type Rows, type RowValues } from './rows';

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
  /** Of another family than the detector, where it rests on no more than that family does: the two are one witness then. */
  readonly family?: Family;
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
 * - `initial` is what it keeps of a subject never seen: named rows of numbers, which `judge` and `remember` are given as they are for the subject at hand.
 *   Bounded, whatever the events. Of names that clients choose it keeps marks (`marks.ts`).
 * - `judge` speaks on every event it objects to, and changes nothing; the engine holds back repetitions (see `rearm.ts`).
 * - `remember` writes into the rows, and is told in `suspectedBy` who objected: nothing may be learnt from such an event
 *   (`teaches` says so), but it is still counted.
 * - Neither ever sees probes, duplicates, or uses that prove no possession of the value.
 */
export interface DetectorSpec<Name extends string> extends About {
  /** `{}` where there is nothing to remember. */
  readonly initial: RowValues<Name>;
  judge(rows: Rows<Name>, event: LocatedUsageEvent, facts: SubjectFacts): readonly Finding[];
  /** Left out where there is nothing to remember. What was written before it throws stays written. */
  remember?(rows: Rows<Name>, event: LocatedUsageEvent, facts: SubjectFacts): void;
}

interface About {
  readonly id: string;
  readonly family: Family;
  /** Every number the detector judges by; the source of each stands beside it. */
  readonly parameters: Readonly<Record<string, number>>;
  samples(): Samples;
}

/** A detector as the registry and the engine hold it: its rows are those of the subject at hand (`takeInHand`). */
export interface Detector extends About {
  judge(event: LocatedUsageEvent, facts: SubjectFacts): readonly Finding[];
  remember?(event: LocatedUsageEvent, facts: SubjectFacts): void;
}

export const NO_FINDINGS: readonly Finding[] = [];

/** Gives the detector its rows in whatever is remembered of a subject. */
export function defineDetector<Name extends string>(spec: DetectorSpec<Name>): Detector {
  const { id, family, parameters } = spec;
  const rows = placeRows(id, spec.initial);
  const detector: Detector = {
    id,
    family,
    parameters,
    judge: (event, facts) => spec.judge(rows, event, facts),
    samples: () => spec.samples(),
  };
  return spec.remember ? { ...detector, remember: (event, facts) => spec.remember?.(rows, event, facts) } : detector;
}
