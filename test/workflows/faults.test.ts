import { DefaultLogger, Runtime } from '@temporalio/worker';
import { shortBundlePath } from '../faults/fault-bundle';
import { knownReason } from '../faults/known-violations';
import { StuckLane } from '../faults/run-on-server';
import { ServerLane } from '../faults/server-lane';
import { runServerUnit, serverPairs, serverSingles } from '../faults/server-suite';
import { SimulatorThread } from '../faults/simulator-pool';
import type { Violation } from '../faults/unit-result';
import { timeSkippingEnvironment } from '../support/time-skipping-environment';

/** `npm run test:faults` runs all single faults, and hundreds of pairs. */
const SINGLES = 7;
const PAIRS = 2;

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

  /** Resolves to what is left when the lane can't go on: the first of it is tried again on a new one. */
  async function untilStuck(units: readonly string[], violations: Violation[]): Promise<readonly string[]> {
    const environment = await timeSkippingEnvironment();
    let done = 0;
    try {
      await ServerLane.with(environment, await shortBundlePath(), async (lane) => {
        for (; done < units.length && !lane.spent; done++)
          violations.push(...(await runServerUnit(lane, simulator, units[done]!)).violations);
      });
    } catch (error) {
      if (!(error instanceof StuckLane)) throw error;
    } finally {
      await environment.teardown();
    }
    return units.slice(done);
  }

  it('violate nothing that is not known, and the simulator agrees', async () => {
    const singles = await serverSingles(simulator);
    const stride = Math.floor(singles.length / SINGLES);
    const units: readonly string[] = [
      ...singles.filter((_, index) => index % stride === stride - 1),
      ...(await serverPairs(simulator, PAIRS)),
    ];
    const violations: Violation[] = [];

    for (let left: readonly string[] = units; left.length > 0;) left = await untilStuck(left, violations);

    expect(violations.filter((violation) => knownReason(violation) === undefined)).toEqual([]);
  });
});
