import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { OUTCOMES } from '../../domain/incident';
import { OUTCOME_SCENARIOS } from '../support/outcome-scenarios';
import { withIncident } from '../support/run-incident';
import { timeSkippingEnvironment } from '../support/time-skipping-environment';

describe('every outcome', () => {
  let environment: TestWorkflowEnvironment;

  beforeAll(async () => {
    environment = await timeSkippingEnvironment();
  });

  afterAll(async () => {
    await environment.teardown();
  });

  it('is played by a scenario', () => {
    expect([...new Set(OUTCOME_SCENARIOS.map(({ outcome }) => outcome))].sort()).toEqual([...OUTCOMES].sort());
  });

  it.each(OUTCOME_SCENARIOS)('$outcome: $name', async ({ outcome, input, activities, play }) => {
    const result = await withIncident(environment, activities(), input, async (handle) => {
      await play(handle);
      return handle.result();
    });

    expect(result.outcome).toBe(outcome);
    expect(result.view.incident).toMatchObject({ stage: 'closed', outcome });
    expect(result.view.incident.waiting).toBeUndefined();
  });
});
