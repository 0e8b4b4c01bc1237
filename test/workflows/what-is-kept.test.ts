import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { retryStepUpdate, skipStepUpdate } from '../../workflows/messages';
import { sampleInput } from '../support/fake-activities';
import { cancelledBeyondTheDoor, cancelTheRotation, laneClosedMeanwhile, unfitTwice } from '../support/kept-scenarios';
import { APPROVED } from '../support/outcome-scenarios';
import { notesOf, untilWaiting, withIncident } from '../support/run-incident';
import { timeSkippingEnvironment } from '../support/time-skipping-environment';

describe('a replacement in use, when its rotation fails', () => {
  let environment: TestWorkflowEnvironment;

  beforeAll(async () => {
    environment = await timeSkippingEnvironment();
  });

  afterAll(async () => {
    await environment.teardown();
  });

  it('is kept where the gateways have closed the lane, and the next try holds nobody back', async () => {
    const { activities, calls } = laneClosedMeanwhile();

    const { outcome, view } = await withIncident(environment, activities, sampleInput(), async (handle) => {
      await untilWaiting(handle);
      await handle.executeUpdate(retryStepUpdate, { args: [APPROVED] });
      return handle.result();
    });

    expect([outcome, view.replacement]).toEqual(['recovered', 2]);
    expect(notesOf(view)).toContain('Version 2 is kept, in use by reports, checkout.');
    expect(calls.filter((call) => /^(create|restore|discard)/.test(call))).toEqual(['createReplacement']);
  });

  it('is where its users are sent back to, though others did not work on it', async () => {
    const restored: string[] = [];
    const { activities } = unfitTwice(restored);

    await withIncident(environment, activities, sampleInput(), async (handle) => {
      await untilWaiting(handle);
      await handle.executeUpdate(retryStepUpdate, { args: [APPROVED] });
      await untilWaiting(handle);
      await handle.executeUpdate(skipStepUpdate, { args: [APPROVED] });
      return handle.result();
    });

    expect(restored).toEqual(['billing to 2']);
  });

  it('is named when somebody has cancelled the rotation and nobody can go back', async () => {
    const told: string[] = [];
    const { activities, begun } = cancelledBeyondTheDoor(told);

    const { outcome, view } = await withIncident(environment, activities, sampleInput(), async (handle) => {
      await cancelTheRotation(handle, begun);
      await handle.executeUpdate(retryStepUpdate, { args: [APPROVED] });
      return handle.result();
    });

    expect([outcome, view.replacement]).toEqual(['recovered', 4]);
    expect(told[0]).toContain('Version 3 is kept, in use by checkout.');
  });
});
