import { pairsOf, singlesOf } from './enumerate';
import { violationsOf } from './invariants/violations';
import { runInSimulator } from './run-in-simulator';
import { nameOfCase, type FaultCase, type RunReport } from './run-report';
import { PRODUCT_PACE, SCENARIOS, withNobody } from './scenarios';
import type { UnitResult, Violation } from './unit-result';
import type { WorkflowSandbox } from './simulator/workflow-sandbox';

/** The units of the simulator: each scenario undisturbed, and each single fault with all the pairs that begin with it. */
export async function simulatorUnits(sandbox: WorkflowSandbox): Promise<readonly FaultCase[]> {
  const units: FaultCase[] = [];
  for (const scenario of SCENARIOS) {
    const undisturbed = { scenario, faults: [] };
    units.push(undisturbed, ...singlesOf(scenario, await runInSimulator(sandbox, undisturbed, PRODUCT_PACE)));
  }
  return units;
}

/** Runs a unit. `pairs`: how many of its pairs, evenly spread; all where it is not said. */
export async function runSimulatorUnit(
  sandbox: WorkflowSandbox,
  unit: FaultCase,
  pairs = Infinity,
): Promise<Omit<UnitResult, 'unit'>> {
  const violations: Violation[] = [];
  let cases = 0;
  const check = async (faultCase: FaultCase): Promise<RunReport> => {
    const report = await runInSimulator(sandbox, faultCase, PRODUCT_PACE);
    cases += 1;
    for (const what of violationsOf(report, faultCase)) violations.push({ case: nameOfCase(faultCase), what });
    return report;
  };
  /** Where somebody is asked, silence is another case. */
  const checkBoth = async (faultCase: FaultCase): Promise<RunReport> => {
    const report = await check(faultCase);
    const wasAsked = report.world.told.some(({ kind }) => kind === 'person-needed');
    if (wasAsked) await check({ ...faultCase, scenario: withNobody(faultCase.scenario) });
    return report;
  };
  const all = pairsOf(unit, await checkBoth(unit));
  const stride = Math.max(1, Math.floor(all.length / pairs));
  for (let index = 0; index < all.length; index += stride) await checkBoth(all[index]!);
  return { cases, violations };
}
