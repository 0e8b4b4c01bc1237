import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { waitAMonth } from '../support/month-long-workflow';
import { timeSkippingEnvironment } from '../support/time-skipping-server';

const DAY_MS = 86_400_000;

describe('the time-skipping test server', () => {
  let environment: TestWorkflowEnvironment;

  beforeAll(async () => {
    environment = await timeSkippingEnvironment();
  });

  afterAll(async () => {
    await environment.teardown();
  });

  it('lets a workflow that sleeps for 30 days finish at once', async () => {
    const worker = await Worker.create({
      connection: environment.nativeConnection,
      taskQueue: 'time-skipping',
      workflowsPath: require.resolve('../support/month-long-workflow'),
    });
    const begin = Date.now();
    const before = await environment.currentTimeMs();

    const result = await worker.runUntil(
      environment.client.workflow.execute(waitAMonth, { taskQueue: 'time-skipping', workflowId: `month-${begin}` }),
    );

    expect(result).toBe('waited');
    expect((await environment.currentTimeMs()) - before).toBeGreaterThanOrEqual(30 * DAY_MS);
    expect(Date.now() - begin).toBeLessThan(20_000);
  });
});
