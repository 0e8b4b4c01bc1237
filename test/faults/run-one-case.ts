import { productBundle } from './fault-bundle';
import { violationsOf } from './invariants/violations';
import { PRODUCT_PACE } from './pace';
import { runInSimulator } from './run-in-simulator';
import { parseCase } from './run-report';
import { withServerLanes } from './server-lanes';
import { runServerUnit } from './server-suite';
import { SimulatorThread } from './simulator-pool';
import { WorkflowSandbox } from './simulator/workflow-sandbox';
import type { UnitResult } from './unit-result';

/** One case alone: what it does in the simulator, step by step, and whether the server agrees. */
export async function runOneCase(name: string, say: (line: string) => void): Promise<UnitResult> {
  const faultCase = parseCase(name);
  const report = await runInSimulator(new WorkflowSandbox(await productBundle()), faultCase, PRODUCT_PACE);
  say(`${report.status} ${report.outcome ?? report.failureCode ?? report.broken ?? ''}`);
  for (const { at, stage, note } of report.view?.incident.timeline ?? [])
    say(`  ${new Date(at).toISOString()} ${stage}: ${note}`);
  say('calls:');
  for (const call of report.calls) say(`  ${call}`);
  say('what really changed:');
  for (const { what, version, dependent, stepKey } of report.world.effects)
    say(`  ${what} ${dependent ?? ''} version ${version} (${stepKey})`);
  const inSimulator = violationsOf(report, faultCase).map((what) => ({ case: name, what }));
  const simulator = new SimulatorThread();
  try {
    const onServer = await withServerLanes(1, ([lane]) => runServerUnit(lane!, simulator, name));
    const violations = [...inSimulator, ...onServer.violations];
    for (const { what } of violations) say(`violated: ${what}`);
    return { unit: name, cases: 1 + onServer.cases, violations };
  } finally {
    await simulator.stop();
  }
}
