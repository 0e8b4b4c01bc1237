import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { shortBundlePath } from '../faults/fault-bundle';
import { knownReason } from '../faults/known-violations';
import { ServerLane } from '../faults/server-lane';
import { runServerUnit, serverPairs, serverSingles } from '../faults/server-suite';
import { SimulatorThread } from '../faults/simulator-pool';
import type { Violation } from '../faults/unit-result';
import { timeSkippingEnvironment } from '../support/time-skipping-environment';

/** `npm run test:faults` runs all single faults, and hundreds of pairs. */
const SINGLES = 7;
const PAIRS = 2;

describe('faults on the time-skipping server', () => {
  let environment: TestWorkflowEnvironment;
  let simulator: SimulatorThread;

  beforeAll(async () => {
    // Failed attempts are what this is about: no news.
    Runtime.install({ logger: new DefaultLogger('ERROR', () => undefined) });
    environment = await timeSkippingEnvironment();
    simulator = new SimulatorThread();
  });

  afterAll(async () => {
    await simulator.stop();
    await environment.teardown();
  });

  it('violate nothing that is not known, and the simulator agrees', async () => {
    const singles = await serverSingles(simulator);
    const stride = Math.floor(singles.length / SINGLES);
    const units = [
      ...singles.filter((_, index) => index % stride === stride - 1),
      ...(await serverPairs(simulator, PAIRS)),
    ];
    const violations: Violation[] = [];

    await ServerLane.with(environment, await shortBundlePath(), async (lane) => {
      for (const unit of units) violations.push(...(await runServerUnit(lane, simulator, unit)).violations);
    });

    expect(violations.filter((violation) => knownReason(violation) === undefined)).toEqual([]);
  });
});
