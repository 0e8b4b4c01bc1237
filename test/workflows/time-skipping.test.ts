import { randomUUID } from 'node:crypto';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { waitAMonth } from '../support/month-long-workflow';
import { timeSkippingEnvironment } from '../support/time-skipping-environment';

const DAY_MS = 86_400_000;

describe('the time-skipping test server', () => {
  let environment: TestWorkflowEnvironment;

  beforeAll(async () => {
    environment = await timeSkippingEnvironment();
  });

  afterAll(async () => {
    await environment.teardown();
  });

  it('lets a workflow that sleeps for 30 days finish at once, and leaves the time of others alone', async () => {
    const other = await timeSkippingEnvironment();
    const taskQueue = randomUUID();
    const worker = await Worker.create({
      connection: environment.nativeConnection,
      taskQueue,
      workflowsPath: require.resolve('../support/month-long-workflow'),
    });
    const before = await environment.currentTimeMs();

    const result = await worker.runUntil(
      environment.client.workflow.execute(waitAMonth, { taskQueue, workflowId: randomUUID() }),
    );

    expect(result).toBe('waited');
    expect((await environment.currentTimeMs()) - before).toBeGreaterThanOrEqual(30 * DAY_MS);
    expect((await other.currentTimeMs()) - Date.now()).toBeLessThan(DAY_MS);
    await other.teardown();
  });
});
