import { setTimeout as sleep } from 'node:timers/promises';
import type { SceneOptions } from '../demo/product';
import { countIncidents } from '../demo/run-demo';
import { setScene } from '../demo/scene';
import { watchTheAnswer } from '../demo/watch-answer';
import { seededChance } from './chance';
import type { DemoReport } from '../demo/report';
import type { Action, Experiment, Invariant, Stage, Verdict } from './experiment';
import { deviations, type Journal, type Step } from './journal';
import { measureSteadyState, type Probe } from './steady-state';

/** Detectors learn what is normal before anything is disturbed. */
const NORMAL_LIFE_MS = 6_000;

/** Runs one experiment on a stack of its own, and gives the evidence. What it disturbed is mended in any case. */
export async function runDrill(options: SceneOptions, experiment: Experiment, seed: number): Promise<Journal> {
  const { tell, closers } = options;
  const { signal } = closers;
  const start = new Date().toISOString();
  const scene = await setScene(options);
  const stage: Stage = { scene, chance: seededChance(seed), signal, facts: {}, props: {} };
  await closers.add(() => stage.props.proxy?.stop() ?? Promise.resolve());
  const { name, title, description } = experiment;
  const base = { experiment: { name, title, description }, seed, start, facts: stage.facts };

  const method: Step[] = [];
  const rollbacks: Step[] = [];
  await take(stage, experiment.scenery ?? [], method, tell);
  tell(`${title} (seed ${seed}): normal life for ${NORMAL_LIFE_MS / 1000} s, then the steady state is measured`);
  await sleep(NORMAL_LIFE_MS, undefined, { signal });
  const before = await measureSteadyState(scene);
  tellProbes(tell, 'before', before);
  if (before.some(({ met }) => !met))
    return finish({ ...base, status: 'failed', before, after: [], method, rollbacks, verdicts: [] });

  const attempt = async (): Promise<Pick<Journal, 'verdicts' | 'report'>> => {
    try {
      const incidentsBeforeTheLeak = await countIncidents(scene.client);
      await take(stage, experiment.beforeTheLeak ?? [], method, tell);
      for (const { leak } of scene.acts) tell(`THE LEAK: ${leak}`);
      const attacker = await scene.estate.startAttacker();
      const disturbing = take(stage, experiment.duringTheLeak ?? [], method, tell);
      const report = await watchTheAnswer(scene, attacker, { incidentsBeforeTheLeak, tell, signal });
      await disturbing;
      const verdicts = [];
      for (const invariant of experiment.invariants)
        verdicts.push({ invariant: invariant.name, ...(await judge(invariant, stage, report)) });
      return { verdicts, report };
    } finally {
      await take(stage, experiment.rollbacks, rollbacks, tell);
    }
  };
  const { verdicts, report } = await attempt();
  for (const { kept, invariant, observed } of verdicts) tell(`${kept ? 'kept  ' : 'BROKEN'} ${invariant}: ${observed}`);
  const after = await measureSteadyState(scene);
  tellProbes(tell, 'after', after);
  return finish({
    ...base,
    status: 'completed',
    before,
    after,
    method,
    rollbacks,
    verdicts,
    ...(report ? { report } : {}),
  });
}

/** One that can't be looked at was not kept: evidence must not be lost with it. */
async function judge(invariant: Invariant, stage: Stage, report: DemoReport): Promise<Verdict> {
  try {
    return await invariant.check(stage, report);
  } catch (error) {
    return { kept: false, observed: error instanceof Error ? error.message : String(error) };
  }
}

type Findings = Omit<Journal, 'deviated' | 'end' | 'steadyStates'> & Journal['steadyStates'];

function finish({ before, after, ...findings }: Findings): Journal {
  const journal = { ...findings, deviated: false, end: new Date().toISOString(), steadyStates: { before, after } };
  return { ...journal, deviated: deviations(journal).length > 0 };
}

/** One after the other. One that fails is written down, and the next is not taken: it would build on it. */
async function take(
  stage: Stage,
  actions: readonly Action[],
  into: Step[],
  tell: (line: string) => void,
): Promise<void> {
  for (const action of actions) {
    const { name } = action;
    const at = new Date().toISOString();
    try {
      const output = await action.run(stage);
      into.push({ name, at, status: 'succeeded', output });
      tell(`-- ${name}: ${output}`);
    } catch (error) {
      into.push({ name, at, status: 'failed', output: error instanceof Error ? error.message : String(error) });
      tell(`-- ${name}: FAILED`);
      return;
    }
  }
}

function tellProbes(tell: (line: string) => void, when: string, probes: readonly Probe[]): void {
  for (const { name, met, observed } of probes)
    tell(`steady state ${when}: ${met ? 'met    ' : 'NOT MET'} ${name}: ${observed}`);
}
