import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { markFalsePositiveUpdate } from '../../workflows/messages';
import { fakeActivities, loadSeparable, MEDIUM, refusal, sampleInput } from '../support/fake-activities';
import { APPROVED, silentFor } from '../support/outcome-scenarios';
import { untilWaiting, withIncident } from '../support/run-incident';
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

it('keeps the replacement for a dependent that could not be sent back', async () => {
  const told: string[] = [];
  const { activities, calls } = fakeActivities({
    loadCredential: loadSeparable,
    moveDependent: ({ dependentId }) =>
      dependentId === 'checkout'
        ? Promise.reject(refusal('DEPENDENT_REFUSED'))
        : Promise.resolve({ at: 5, detail: 'moved' }),
    restoreDependent: () => Promise.reject(refusal('DEPENDENT_REFUSED')),
    notifyAudience: ({ notice }) => {
      told.push(notice.summary);
      return Promise.resolve({ at: 6, channels: 1 });
    },
  });

  const { outcome } = await withIncident(environment, activities, MEDIUM, async (handle) => {
    await untilWaiting(handle);
    await handle.executeUpdate(markFalsePositiveUpdate, { args: [APPROVED] });
    return handle.result();
  });

  expect(outcome).toBe('false-positive-restored');
  expect(calls).not.toContain('discardReplacement');
  expect(told.at(-1)).toContain('Not undone: restore checkout, restore billing, discard the replacement.');
});
