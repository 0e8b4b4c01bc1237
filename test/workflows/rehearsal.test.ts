import { randomUUID } from 'node:crypto';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Activities } from '../../activities';
import { rehearsalId } from '../../domain/credential';
import type { rehearseResponse } from '../../workflows';
import type { RehearsalReport } from '../../workflows/messages';
import { fakeActivities, refusal, sampleInput } from '../support/fake-activities';
import { timeSkippingEnvironment } from '../support/time-skipping-environment';
import { testWorker } from '../support/test-worker';

let environment: TestWorkflowEnvironment;

beforeAll(async () => {
  environment = await timeSkippingEnvironment();
});

afterAll(async () => {
  await environment.teardown();
});

async function rehearse(activities: Activities): Promise<RehearsalReport> {
  const input = sampleInput({ credentialId: `orders-db-${randomUUID()}` });
  const { worker, taskQueue } = await testWorker(environment, activities);
  return worker.runUntil(() =>
    environment.client.workflow.execute<typeof rehearseResponse>('rehearseResponse', {
      workflowId: rehearsalId(input.credentialId, 1),
      taskQueue,
      args: [input],
    }),
  );
}

it('goes through the same plan, step by step, and does nothing of it', async () => {
  const { activities, calls } = fakeActivities();

  const { plan, steps } = await rehearse(activities);

  expect(plan).toMatchObject({ strategy: 'inseparable', severity: 'high' });
  expect(steps.map(({ step }) => step)).toEqual([
    'contain',
    'replace',
    'move checkout',
    'move billing',
    'revoke',
    'verify',
    'notify engineering',
    'notify security',
    'notify product',
  ]);
  const made = new Set(calls.map((call) => call.split(' ')[0]));
  expect([...made]).toEqual(['loadCredential', 'rehearseStep', 'recordRehearsal']);
});

it('names every step that could not be done, and goes on with the rest', async () => {
  const { activities } = fakeActivities({
    rehearseStep: ({ stage }) =>
      stage === 'replace' ? Promise.reject(refusal('PROVIDER_ADMIN_DENIED')) : Promise.resolve({ detail: 'ready' }),
  });

  const { steps } = await rehearse(activities);

  expect(steps.filter(({ ready }) => !ready)).toEqual([
    { step: 'replace', ready: false, detail: 'PROVIDER_ADMIN_DENIED: for this test' },
  ]);
  expect(steps).toHaveLength(9);
});
