import { pairsOf, singlesOf } from './enumerate';
import { violationsOf } from './invariants/violations';
import { PRODUCT_PACE } from './pace';
import { runInSimulator, type ChangeActivities } from './run-in-simulator';
import { nameOfCase, wasAsked, type FaultCase, type RunReport } from './run-report';
import { doneAt, withNobody, type Scenario } from './scenario';
import { SCENARIOS } from './scenarios';
import type { UnitResult, Violation } from './unit-result';
import type { WorkflowSandbox } from './simulator/workflow-sandbox';

/** The units of the simulator: each scenario undisturbed, and each single fault with all the pairs that begin with it. */
export async function simulatorUnits(sandbox: WorkflowSandbox): Promise<readonly FaultCase[]> {
  const units: FaultCase[] = [];
  const callsOf = async (unit: FaultCase): Promise<readonly string[]> =>
    (await runInSimulator(sandbox, unit, PRODUCT_PACE)).calls;
  for (const scenario of SCENARIOS) {
    const undisturbed = { scenario, faults: [] };
    const calls = await callsOf(undisturbed);
    if (!scenario.anywhere) units.push(undisturbed, ...singlesOf(scenario, calls));
    else for (const call of calls) units.push(...(await unitsAt(doneAt(scenario, call), calls)));
  }
  return units;

  /** What is done at one call, and each single fault of what is called only because of it. */
  async function unitsAt(scenario: Scenario, usual: readonly string[]): Promise<readonly FaultCase[]> {
    const undisturbed = { scenario, faults: [] };
    const because = (await callsOf(undisturbed)).filter((call) => !usual.includes(call));
    return [undisturbed, ...singlesOf(scenario, because)];
  }
}

/** How much of a unit is run, and on what. */
interface UnitOptions {
  /** At most so many of its pairs, evenly spread. */
  readonly pairs: number;
  readonly activities?: ChangeActivities;
}

/** Runs a unit: its case, and every pair that begins with it. */
export async function runSimulatorUnit(
  sandbox: WorkflowSandbox,
  unit: FaultCase,
  { pairs, activities }: UnitOptions,
): Promise<Omit<UnitResult, 'unit'>> {
  const violations: Violation[] = [];
  let cases = 0;
  const check = async (faultCase: FaultCase): Promise<RunReport> => {
    const report = await runInSimulator(sandbox, faultCase, PRODUCT_PACE, activities);
    cases += 1;
    for (const what of violationsOf(report, faultCase)) violations.push({ case: nameOfCase(faultCase), what });
    return report;
  };
  /** Where somebody is asked, silence is another case. */
  const checkBoth = async (faultCase: FaultCase): Promise<RunReport> => {
    const report = await check(faultCase);
    if (wasAsked(report)) await check({ ...faultCase, scenario: withNobody(faultCase.scenario) });
    return report;
  };
  const all = pairsOf(unit, (await checkBoth(unit)).calls);
  const stride = Math.max(1, Math.ceil(all.length / pairs));
  for (let index = 0; index < all.length; index += stride) await checkBoth(all[index]!);
  return { cases, violations };
}
