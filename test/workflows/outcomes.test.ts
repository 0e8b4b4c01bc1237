import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { OUTCOMES } from '../../domain/incident';
import { OUTCOME_SCENARIOS } from '../support/outcome-scenarios';
import { withIncident } from '../support/run-incident';
import { timeSkippingEnvironment } from '../support/time-skipping-environment';

/** Of these a person's word, or evidence, gives up what is being tried. */
const CANCELS_ATTEMPTS: readonly string[] = ['steered', 'hurried-and-warned-anew'];

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

  it.each(OUTCOME_SCENARIOS)('$outcome: $name', async ({ name, outcome, input, activities, play }) => {
    // The server that skips time is stuck for ever when an attempt that has just ended is cancelled (sdk-java#2391).
    const skipTime = !CANCELS_ATTEMPTS.includes(name);
    const result = await withIncident(
      environment,
      activities(),
      input,
      async (handle) => {
        await play(handle);
        return handle.result();
      },
      { skipTime },
    );

    expect(result.outcome).toBe(outcome);
    expect(result.view.incident).toMatchObject({ stage: 'closed', outcome });
    expect(result.view.incident.waiting).toBeUndefined();
  });
});
