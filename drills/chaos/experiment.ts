import type { StartedGateway } from '../../stack/local-deployment';
import type { DemoReport } from '../demo/report';
import type { Scene } from '../demo/scene';
import type { FaultProxy } from './fault-proxy';

/**
 * A chaos experiment in the vocabulary of chaos engineering (principlesofchaos.org, Chaos Toolkit): a steady state that is measured before
 * and after, a method that disturbs it while a leak is answered, and rollbacks that mend what was disturbed, however it ends.
 */
export interface Experiment {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** What it needs beside the demo's estate, before anything is measured. */
  readonly scenery?: readonly Action[];
  /** Before the leak, in order. */
  readonly beforeTheLeak?: readonly Action[];
  /** From the leak on, in order, beside the answer to it. */
  readonly duringTheLeak?: readonly Action[];
  readonly rollbacks: readonly Action[];
  /** What must hold in the end, beside the steady state. */
  readonly invariants: readonly Invariant[];
}

/** What a drill may choose by itself, from its seed, so that a run can be repeated. */
export interface Chance {
  /** From 0 to 1. */
  next(): number;
}

export interface Stage {
  readonly scene: Scene;
  readonly chance: Chance;
  /** Aborted when the drill is interrupted. */
  readonly signal: AbortSignal;
  /** What actions have put up, for those that come after them. */
  readonly props: { proxy?: FaultProxy; secondGateway?: StartedGateway };
  /** Facts that actions have found, for the invariants and the evidence. */
  readonly facts: Record<string, number | string | boolean | null>;
}

export interface Action {
  readonly name: string;
  /** Resolves to what was done, in words. */
  run(stage: Stage): Promise<string>;
}

export interface Verdict {
  readonly kept: boolean;
  readonly observed: string;
}

export interface Invariant {
  readonly name: string;
  check(stage: Stage, report: DemoReport): Verdict | Promise<Verdict>;
}
