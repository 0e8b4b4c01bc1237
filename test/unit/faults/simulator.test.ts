import { SABOTAGES, sabotageOf, type SabotageName } from '../../faults/sabotage';
import { SimulatorThread } from '../../faults/simulator-pool';
import type { Violation } from '../../faults/unit-result';

/** Spread evenly over all single faults of all scenarios; `npm run test:faults` runs all of them, and all pairs. */
const UNITS = 45;
const PAIRS_OF_EACH = 2;
const UNITS_OF_THE_SABOTAGED = 20;

describe('faults in the simulated world', () => {
  let simulator: SimulatorThread;

  beforeAll(() => {
    simulator = new SimulatorThread();
  });

  afterAll(async () => {
    await simulator.stop();
  });

  async function sample(count: number, pairs: number, sabotage?: SabotageName) {
    const { scenario }: { readonly scenario?: string } = sabotageOf(sabotage);
    const all = await simulator.units();
    const units = scenario ? all.filter((unit) => unit.split('|')[0] === scenario) : all;
    const stride = Math.max(1, Math.floor(units.length / count));
    const violations: Violation[] = [];
    let cases = 0;
    for (let index = 0; index < units.length; index += stride) {
      const result = await simulator.unit(units[index]!, pairs, sabotage);
      cases += result.cases;
      violations.push(...result.violations);
    }
    return { cases, violations };
  }

  it('violate nothing', async () => {
    const { cases, violations } = await sample(UNITS, PAIRS_OF_EACH);

    expect(violations).toEqual([]);
    expect(cases).toBeGreaterThan(UNITS);
  });

  it('violate nothing where none occurs, in every scenario', async () => {
    const undisturbed = (await simulator.units()).filter((unit) => !unit.includes('|'));
    const results = await Promise.all(undisturbed.map((unit) => simulator.unit(unit, 0)));

    expect(undisturbed.length).toBeGreaterThan(30);
    expect(results.flatMap(({ violations }) => violations)).toEqual([]);
  });

  it.each(Object.keys(SABOTAGES) as SabotageName[])('are found when %s', async (sabotage) => {
    const { violations } = await sample(UNITS_OF_THE_SABOTAGED, 0, sabotage);

    expect(violations).not.toEqual([]);
  });
});
