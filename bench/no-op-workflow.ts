import { executeChild, proxyActivities } from '@temporalio/workflow';
import type { NoOpActivities } from './no-op-activities';

const activities = proxyActivities<NoOpActivities>({ startToCloseTimeout: '10s' });

/** The shape of respondToLeak up to its proof, with activities that do nothing: what the workflow engine alone costs. */
export async function noOpResponse(): Promise<void> {
  await activities.nothing();
  await activities.nothing();
  await activities.nothing();
  const told = Promise.all([activities.nothing(), activities.nothing(), activities.nothing()]);
  await executeChild(noOpRotation);
  await activities.nothing();
  await activities.nothing();
  await told;
}

export async function noOpRotation(): Promise<void> {
  await activities.nothing();
  await activities.nothing();
}
