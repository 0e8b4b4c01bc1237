import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { DemoReport } from '../demo/report';
import type { Stage, Verdict } from './experiment';
import type { Probe } from './steady-state';

/** One action that was taken. */
export interface Step {
  readonly name: string;
  readonly at: string;
  readonly status: 'succeeded' | 'failed';
  readonly output: string;
}

/**
 * The evidence of one drill, after Chaos Toolkit's journal: what was measured, done and found. `failed`: the steady state was not there to
 * begin with, so nothing was learnt. `deviated`: an invariant or the steady state did not hold.
 */
export interface Journal {
  readonly experiment: { readonly name: string; readonly title: string; readonly description: string };
  readonly status: 'completed' | 'failed';
  readonly deviated: boolean;
  readonly seed: number;
  readonly start: string;
  readonly end: string;
  readonly steadyStates: { readonly before: readonly Probe[]; readonly after: readonly Probe[] };
  readonly method: readonly Step[];
  readonly rollbacks: readonly Step[];
  readonly verdicts: readonly ({ readonly invariant: string } & Verdict)[];
  readonly facts: Stage['facts'];
  readonly report?: DemoReport;
}

/** Whether everything held. */
export function passed(journal: Journal): boolean {
  return journal.status === 'completed' && !journal.deviated;
}

/** Everything that did not hold, in words. */
export function deviations({ steadyStates, verdicts, rollbacks, method }: Journal): readonly string[] {
  return [
    ...steadyStates.before.filter(({ met }) => !met).map(({ name, observed }) => `before: ${name} (${observed})`),
    ...method.filter(({ status }) => status === 'failed').map(({ name, output }) => `method: ${name} (${output})`),
    ...verdicts.filter(({ kept }) => !kept).map(({ invariant, observed }) => `${invariant} (${observed})`),
    ...rollbacks.filter(({ status }) => status === 'failed').map(({ name, output }) => `rollback: ${name} (${output})`),
    ...steadyStates.after.filter(({ met }) => !met).map(({ name, observed }) => `after: ${name} (${observed})`),
  ];
}

/** Writes the evidence, readable by its owner only: it names credentials and places. */
export async function keepJournal(file: string, journal: Journal): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, `${JSON.stringify(journal, undefined, 2)}\n`, { mode: 0o600 });
}
