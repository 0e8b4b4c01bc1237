import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { fakeActivities, refusal, sampleInput } from '../support/fake-activities';
import { silentFor } from '../support/outcome-scenarios';
import { withIncident } from '../support/run-incident';
import { timeSkippingEnvironment } from '../support/time-skipping-environment';

let environment: TestWorkflowEnvironment;

beforeEach(async () => {
  environment = await timeSkippingEnvironment();
});

afterEach(async () => {
  await environment.teardown();
});

it('names in the end the dependents that have no replacement', async () => {
  const told: string[] = [];
  const { activities } = fakeActivities({
    createReplacement: () => Promise.reject(refusal('PROVIDER_REFUSED')),
    notifyAudience: ({ notice }) => {
      if (notice.kind === 'unresolved') told.push(notice.summary);
      return Promise.resolve({ at: 6, channels: 1 });
    },
  });
  const input = sampleInput({}, silentFor(1, { escalateEverySeconds: 1 }));

  const { outcome } = await withIncident(environment, activities, input, (handle) => handle.result());

  expect(outcome).toBe('contained-and-rolled-back');
  expect(told[0]).toContain('have no replacement that works: checkout, billing');
});
