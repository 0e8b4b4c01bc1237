import { findTimeSkippingServer } from '../support/time-skipping-server';
import { SOURCE_VARIABLE, timeSkippingEnvironment } from '../support/time-skipping-environment';
import { shortBundlePath } from './fault-bundle';
import { ServerLane } from './server-lane';

type Work<T> = (lanes: readonly ServerLane[]) => Promise<T>;

/** Runs `work` with so many time-skipping servers, and finds out where they come from; outside of Jest. */
export async function withServerLanes<T>(count: number, work: Work<T>): Promise<T> {
  const { source, stop } = await findTimeSkippingServer((line) => process.stderr.write(`${line}\n`));
  process.env[SOURCE_VARIABLE] = JSON.stringify(source);
  try {
    return await withLanes(count, work);
  } finally {
    await stop();
  }
}

/** Runs `work` with so many time-skipping servers, from where this run has them. */
export async function withLanes<T>(count: number, work: Work<T>, lanes: readonly ServerLane[] = []): Promise<T> {
  if (lanes.length === count) return work(lanes);
  const bundlePath = await shortBundlePath();
  const environment = await timeSkippingEnvironment();
  try {
    return await ServerLane.with(environment, bundlePath, (lane) => withLanes(count, work, [...lanes, lane]));
  } finally {
    await environment.teardown();
  }
}
