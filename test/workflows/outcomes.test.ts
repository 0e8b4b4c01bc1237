import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { OUTCOMES } from '../../domain/incident';
import { endsAsItSays, OUTCOME_SCENARIOS } from '../support/outcome-scenarios';
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

  it.each(OUTCOME_SCENARIOS.filter(({ givesUpAttempts }) => !givesUpAttempts))('$outcome: $name', (scenario) =>
    endsAsItSays(environment, scenario),
  );
});
