import { findTimeSkippingServer } from '../support/time-skipping-server';
import { SOURCE_VARIABLE, timeSkippingEnvironment } from '../support/time-skipping-environment';
import { shortBundlePath } from './fault-bundle';
import { ServerLane } from './server-lane';

/** Runs `work` with so many time-skipping servers; outside of Jest, which starts its own source of them. */
export async function withServerLanes<T>(
  count: number,
  work: (lanes: readonly ServerLane[]) => Promise<T>,
): Promise<T> {
  const { source, stop } = await findTimeSkippingServer((line) => process.stderr.write(`${line}\n`));
  process.env[SOURCE_VARIABLE] = JSON.stringify(source);
  try {
    return await withLanes(count, await shortBundlePath(), [], work);
  } finally {
    await stop();
  }
}

async function withLanes<T>(
  count: number,
  bundlePath: string,
  lanes: readonly ServerLane[],
  work: (lanes: readonly ServerLane[]) => Promise<T>,
): Promise<T> {
  if (lanes.length === count) return work(lanes);
  const environment = await timeSkippingEnvironment();
  try {
    return await ServerLane.with(environment, bundlePath, (lane) =>
      withLanes(count, bundlePath, [...lanes, lane], work),
    );
  } finally {
    await environment.teardown();
  }
}
