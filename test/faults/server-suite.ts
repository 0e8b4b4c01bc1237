import { seededChance } from '../../drills/chaos/chance';
import { disagreements, essenceOf } from './agreement';
import { pairsOf, singlesOf } from './enumerate';
import { violationsOf } from './invariants/violations';
import { RunTooLong, runOnServer } from './run-on-server';
import { nameOfCase, parseCase, type FaultCase } from './run-report';
import { withNobody } from './scenario';
import { ON_SERVER } from './scenarios';
import type { ServerLane } from './server-lane';
import type { SimulatorThread } from './simulator-pool';
import type { UnitResult, Violation } from './unit-result';

/** On a busy machine an answer may come too late, and then it is another case: what is found must be found so often. */
const FOUND_TIMES = 3;
const SEED = 20_260_101;
/** The issue asks for 500; each of them also in silence, where somebody is asked. */
const SEEDED_PAIRS = 520;

/** Every scenario, and every single fault of those that stand for the strategies: the simulator, which must agree, has the rest. */
export async function serverSingles(simulator: SimulatorThread): Promise<readonly string[]> {
  const units: string[] = [];
  for (const scenario of ON_SERVER) {
    const undisturbed = { scenario, faults: [] };
    const { calls } = await simulator.look(nameOfCase(undisturbed));
    const singles = scenario.pairs ? singlesOf(scenario, calls) : [];
    units.push(...[undisturbed, ...singles].map(nameOfCase));
  }
  return units;
}

/** Pairs by chance, the same in every run. */
export async function serverPairs(simulator: SimulatorThread, count = SEEDED_PAIRS): Promise<readonly string[]> {
  const chance = seededChance(SEED);
  const pick = <T>(from: readonly T[]): T | undefined => from[Math.floor(chance.next() * from.length)];
  const pairs = new Set<string>();
  while (pairs.size < count) {
    const scenario = pick(ON_SERVER);
    if (!scenario) break;
    const { calls } = await simulator.look(nameOfCase({ scenario, faults: [] }));
    const first = pick(singlesOf(scenario, calls));
    if (!first) continue;
    const pair = pick(pairsOf(first, (await simulator.look(nameOfCase(first))).calls));
    if (pair) pairs.add(nameOfCase(pair));
  }
  return [...pairs];
}

/** Runs a case on the server and in the simulator; and once more in silence, where somebody is asked. */
export async function runServerUnit(
  lane: ServerLane,
  simulator: SimulatorThread,
  unit: string,
): Promise<Omit<UnitResult, 'unit'>> {
  const faultCase = parseCase(unit);
  const { wasAsked } = await simulator.look(unit);
  const cases = wasAsked ? [faultCase, { ...faultCase, scenario: withNobody(faultCase.scenario) }] : [faultCase];
  const violations: Violation[] = [];
  for (const one of cases) violations.push(...(await violationsOnServer(lane, simulator, one)));
  return { cases: cases.length, violations };
}

async function violationsOnServer(
  lane: ServerLane,
  simulator: SimulatorThread,
  faultCase: FaultCase,
): Promise<readonly Violation[]> {
  const name = nameOfCase(faultCase);
  const { essence } = await simulator.look(name);
  let found: readonly string[] = [];
  for (let time = 1; time <= FOUND_TIMES; time++) {
    const report = await runOnServer(lane, faultCase).catch((error: unknown) => {
      if (error instanceof RunTooLong && time < FOUND_TIMES) return undefined;
      throw error;
    });
    if (!report) continue;
    found = [...violationsOf(report, faultCase), ...disagreements(essenceOf(report), essence)];
    if (found.length === 0) break;
  }
  return found.map((what) => ({ case: name, what: `on the server: ${what}` }));
}
