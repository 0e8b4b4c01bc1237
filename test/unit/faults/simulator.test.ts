import { SABOTAGES, type SabotageName } from '../../faults/sabotage';
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
    const units = await simulator.units();
    const stride = Math.floor(units.length / count);
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

  it('send nobody back because people gave more time just as a move had failed', async () => {
    const { essence } = await simulator.look('more-time-medium');

    expect(essence['audit']).toContain('extend-lane outcome');
    expect(essence['audit']).not.toContain('discard-replacement');
  });

  it.each(Object.keys(SABOTAGES) as SabotageName[])('are found when %s', async (sabotage) => {
    const { violations } = await sample(UNITS_OF_THE_SABOTAGED, 0, sabotage);

    expect(violations).not.toEqual([]);
  });
});
