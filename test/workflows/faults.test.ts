import { DefaultLogger, Runtime } from '@temporalio/worker';
import { RunTooLong, StuckLane } from '../faults/run-on-server';
import { withLanes } from '../faults/server-lanes';
import { runServerUnit, serverPairs, serverSingles } from '../faults/server-suite';
import { shareOut, SimulatorThread } from '../faults/simulator-pool';
import type { Violation } from '../faults/unit-result';

/** `npm run test:faults` runs all single faults, and hundreds of pairs. */
const SINGLES = 7;
const PAIRS = 2;
/** They wait more than they work. */
const LANES = 3;
/**
 * A server that is stuck, or a run that a busy machine did not end in time, says nothing; and a busy machine makes another case of one, since time is real there:
 * it is tried again, as `npm run test:faults` does, and counts when it is so each time.
 */
const ROUNDS = 4;
const PATIENCE_MS = 480_000;

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

  it(
    'violate nothing, and the simulator agrees',
    async () => {
      const singles = await serverSingles(simulator);
      const stride = Math.floor(singles.length / SINGLES);
      const units = [
        ...singles.filter((_, index) => index % stride === stride - 1),
        ...(await serverPairs(simulator, PAIRS)),
      ];
      const violated = new Map<string, readonly Violation[]>();

      const left = new Set(units);

      for (let round = 1; round <= ROUNDS && left.size > 0; round++)
        await withLanes(LANES, (lanes) =>
          shareOut([...left], lanes, async (lane, unit) => {
            try {
              const { violations } = await runServerUnit(lane, simulator, unit);
              violated.set(unit, violations);
              if (violations.length > 0) return true;
            } catch (error) {
              if (error instanceof RunTooLong) return true;
              if (error instanceof StuckLane) return false;
              throw error;
            }
            left.delete(unit);
            return true;
          }),
        );

      const violations = [...violated.values()].flat();
      expect({ violations, withoutEnd: [...left] }).toEqual({ violations: [], withoutEnd: [] });
    },
    PATIENCE_MS,
  );
});
