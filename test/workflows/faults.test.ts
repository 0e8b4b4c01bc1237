import { DefaultLogger, Runtime } from '@temporalio/worker';
import { withLanes } from '../faults/server-lanes';
import { runServerUnit, serverPairs, serverSingles } from '../faults/server-suite';
import { shareOut, SimulatorThread } from '../faults/simulator-pool';
import type { Violation } from '../faults/unit-result';

/** `npm run test:faults` runs all single faults, and hundreds of pairs. */
const SINGLES = 7;
const PAIRS = 2;
/** They wait more than they work. */
const LANES = 3;

describe('faults on the time-skipping server', () => {
  let simulator: SimulatorThread;

  beforeAll(() => {
    // Failed attempts are what this is about: no news.
    Runtime.install({ logger: new DefaultLogger('ERROR', () => undefined) });
    simulator = new SimulatorThread();
  });

  afterAll(async () => {
    await simulator.stop();
  });

  it('violate nothing, and the simulator agrees', async () => {
    const singles = await serverSingles(simulator);
    const stride = Math.floor(singles.length / SINGLES);
    const units = [
      ...singles.filter((_, index) => index % stride === stride - 1),
      ...(await serverPairs(simulator, PAIRS)),
    ];
    const violations: Violation[] = [];

    await withLanes(LANES, (lanes) =>
      shareOut(units, lanes, async (lane, unit) => {
        violations.push(...(await runServerUnit(lane, simulator, unit)).violations);
        return true;
      }),
    );

    expect(violations).toEqual([]);
  });
});
