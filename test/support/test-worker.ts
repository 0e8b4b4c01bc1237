import { randomUUID } from 'node:crypto';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import type { Activities } from '../../activities';
import { workflowBundle } from './workflow-bundle';

/** A worker with the product's workflows and these activities, on a task queue of its own unless one is named: files and tests share servers. */
export async function testWorker(
  environment: TestWorkflowEnvironment,
  activities: Partial<Activities> & object,
  taskQueue = `test-${randomUUID()}`,
): Promise<{ readonly worker: Worker; readonly taskQueue: string }> {
  const worker = await Worker.create({
    connection: environment.nativeConnection,
    namespace: environment.namespace ?? 'default',
    taskQueue,
    workflowBundle,
    // Workflows run in this thread: a thread for each worker costs most of what a test does. Product, drills and replay use threads.
    debugMode: true,
    activities,
  });
  return { worker, taskQueue };
}
