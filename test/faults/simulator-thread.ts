import { parentPort } from 'node:worker_threads';
import { essenceOf, type Essence } from './agreement';
import { productBundle, shortBundle } from './fault-bundle';
import { SHORT_PACE } from './pace';
import { runInSimulator } from './run-in-simulator';
import { nameOfCase, parseCase, wasAsked } from './run-report';
import { sabotageOf, type SabotageName } from './sabotage';
import { WorkflowSandbox } from './simulator/workflow-sandbox';
import { runSimulatorUnit, simulatorUnits } from './simulator-suite';
import type { UnitResult } from './unit-result';

/** What a case came to under the short limits, for the comparison with the server. */
export interface Look {
  readonly essence: Essence;
  readonly wasAsked: boolean;
  readonly calls: readonly string[];
}

/** What the thread can be asked for. */
export interface SimulatorRequests {
  /** The names of all units. */
  units(): Promise<readonly string[]>;
  /** `pairs`: at most so many of its pairs, evenly spread. */
  unit(name: string, pairs?: number, sabotage?: SabotageName): Promise<Omit<UnitResult, 'unit'>>;
  look(caseName: string): Promise<Look>;
}

const sandboxes = new Map<string, Promise<WorkflowSandbox>>();

function sandbox(name: string, load: () => Promise<string>): Promise<WorkflowSandbox> {
  const known = sandboxes.get(name) ?? load().then((code) => new WorkflowSandbox(code));
  sandboxes.set(name, known);
  return known;
}

const requests: SimulatorRequests = {
  async units() {
    return (await simulatorUnits(await sandbox('product', productBundle))).map(nameOfCase);
  },

  async unit(name, pairs, sabotaged) {
    const { bundle, activities } = sabotageOf(sabotaged);
    const load = async (): Promise<string> => (bundle ?? String)(await productBundle());
    const box = await sandbox(bundle && sabotaged ? sabotaged : 'product', load);
    return runSimulatorUnit(box, parseCase(name), { pairs: pairs ?? Infinity, ...(activities ? { activities } : {}) });
  },

  async look(caseName) {
    const report = await runInSimulator(await sandbox('short', shortBundle), parseCase(caseName), SHORT_PACE);
    return { essence: essenceOf(report), wasAsked: wasAsked(report), calls: report.calls };
  },
};

parentPort?.on('message', ({ id, name, args }: { id: number; name: keyof SimulatorRequests; args: never[] }) => {
  const answer = (requests[name] as (...given: never[]) => Promise<unknown>)(...args);
  answer.then(
    (value) => parentPort?.postMessage({ id, value }),
    (error: unknown) => parentPort?.postMessage({ id, error: error instanceof Error ? error.stack : String(error) }),
  );
});
