import { executeChild, proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { NoOpActivities } from './no-op-activities';

const local = proxyLocalActivities<NoOpActivities>({ startToCloseTimeout: '10s' });
const remote = proxyActivities<NoOpActivities>({ startToCloseTimeout: '10s' });

/** The shape of respondToLeak up to its proof, with activities that do nothing: what the workflow engine alone costs. */
export async function noOpResponse(): Promise<void> {
  await local.nothing();
  await local.nothing();
  await remote.nothing();
  const told = Promise.all([remote.nothing(), remote.nothing(), remote.nothing()]);
  await executeChild(noOpRotation);
  await remote.nothing();
  await remote.nothing();
  await told;
}

export async function noOpRotation(): Promise<void> {
  await remote.nothing();
  await remote.nothing();
}
