import { randomUUID } from 'node:crypto';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { rotateCredential } from '../../workflows';
import { moreTimeSignal, type MoreTime } from '../../workflows/messages';
import { eventually } from '../support/eventually';
import { fakeActivities, refusal, sampleRotation } from '../support/fake-activities';
import { realServerEnvironment } from '../support/real-server-environment';
import { testWorker } from '../support/test-worker';

let environment: TestWorkflowEnvironment;

beforeAll(async () => {
  environment = await realServerEnvironment();
});

afterAll(async () => {
  await environment.teardown();
});

/** A rotation whose dependent moves when the time on record was given; somebody sends it `signals` meanwhile. */
async function rotate(signals: readonly unknown[]) {
  const asked: string[] = [];
  const { activities, calls } = fakeActivities({
    moveDependent: () =>
      asked.includes('approved')
        ? Promise.resolve({ at: 5, detail: 'moved' })
        : Promise.reject(refusal('DEPENDENT_NOT_MOVED', false)),
    readMovingTime: ({ stepKey }) => {
      asked.push(stepKey);
      return Promise.resolve({ seconds: stepKey === 'approved' ? 60 : 0 });
    },
  });
  const { worker, taskQueue } = await testWorker(environment, activities);
  const result = await worker.runUntil(async () => {
    const handle = await environment.client.workflow.start(rotateCredential, {
      workflowId: `rotate/${randomUUID()}`,
      taskQueue,
      args: [sampleRotation({ moveWithinSeconds: 3 })],
    });
    await eventually(
      () => calls,
      (made) => made.includes('moveDependent checkout'),
    );
    for (const signal of signals) await handle.signal(moreTimeSignal, signal as MoreTime);
    return handle.result();
  });
  return { result, asked };
}

it('believes no signal that says there is more time: what people gave is on record, and counts once', async () => {
  const forged = [{ seconds: 86_400 }, { seconds: 86_400, grant: 'forged' }, 86_400, null, { grant: 7 }];

  const { result, asked } = await rotate(forged);

  expect(result.missing).toEqual(['checkout']);
  expect(asked).toEqual(['forged']);
});

it('takes what is on record', async () => {
  const { result, asked } = await rotate([
    { seconds: 60, grant: 'approved' },
    { seconds: 60, grant: 'approved' },
  ]);

  expect(result.moved).toEqual(['checkout']);
  expect(asked).toEqual(['approved']);
});
