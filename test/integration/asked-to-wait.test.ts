import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { IncidentError } from '../../domain/errors';
import { fakeActivities, sampleInput } from '../support/fake-activities';
import { realServerEnvironment } from '../support/real-server-environment';
import { withIncident } from '../support/run-incident';

/** Half of what a step of two minutes has left, and some more. */
const PATIENCE_MS = 100_000;

/** On Temporal's own server: the time-skipping one gives up nothing that does not fit, and takes no wait for none. */
describe('a step whose server asks us to wait', () => {
  let environment: TestWorkflowEnvironment;

  beforeAll(async () => {
    environment = await realServerEnvironment();
  });

  afterAll(async () => {
    await environment.teardown();
  });

  /** How often a step is tried whose first attempt is told to wait for so long, in an incident that must end without a person. */
  async function triesOf(step: 'containVersion' | 'notifyAudience' | 'revokeVersion', retryAfterMs: number) {
    const play = fakeActivities({}).activities[step] as (input: unknown) => Promise<never>;
    const code = step === 'notifyAudience' ? 'NOTIFICATION_FAILED' : 'PROVIDER_UNAVAILABLE';
    let tries = 0;
    const { activities } = fakeActivities({
      [step]: (input: unknown) =>
        ++tries > 1 ? play(input) : Promise.reject(new IncidentError(code, { retryAfterMs })),
    });

    const { outcome } = await withIncident(environment, activities, sampleInput(), (handle) => handle.result());

    expect(outcome).toBe('recovered');
    return tries;
  }

  it(
    'is tried again, also at once, and before its time is over where the wait would not fit in it',
    async () => {
      const tries = await Promise.all([
        triesOf('containVersion', 0),
        triesOf('notifyAudience', 0),
        triesOf('revokeVersion', 120_000),
      ]);

      for (const number of tries) expect(number).toBeGreaterThan(1);
    },
    PATIENCE_MS,
  );
});
