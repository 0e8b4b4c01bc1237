import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Outcome } from '../../domain/incident';
import { markFalsePositiveUpdate, retryStepUpdate, skipStepUpdate, stateQuery } from '../../workflows/messages';
import { eventually } from '../support/eventually';
import { fakeActivities, loadInWaves, MEDIUM, refusal, sampleInput } from '../support/fake-activities';
import {
  cancelledBeyondTheDoor,
  cancelTheRotation,
  keptAndDead,
  laneClosedMeanwhile,
  unfitTwice,
  untilFailed,
} from '../support/kept-scenarios';
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

  it('is where its users are sent back to, and nobody else, where others did not work on it', async () => {
    const restored: string[] = [];
    const { activities } = unfitTwice(restored);

    await withIncident(environment, activities, sampleInput(), async (handle) => {
      await untilWaiting(handle);
      await handle.executeUpdate(retryStepUpdate, { args: [APPROVED] });
      await untilWaiting(handle);
      await handle.executeUpdate(skipStepUpdate, { args: [APPROVED] });
      return handle.result();
    });

    // Version 2 lived before; version 3 was minted, and nobody may be left on it.
    expect(restored).toEqual(['checkout to 1', 'checkout from 3 to 1', 'billing from 3 to 2']);
  });

  it.each<[what: string, found: (number | undefined)[], outcome: Outcome]>([
    ['it turned out not to work', [2, 2], 'contained-rollback-incomplete'],
    ['it is not there any more', [undefined], 'contained-waiting-for-person'],
    ['it dies before it is adopted', [2, undefined], 'contained-waiting-for-person'],
  ])('is kept no longer when %s: whoever uses it has nothing', async (_what, found, ends) => {
    const told: string[] = [];
    const looks = [...found];
    const { activities } = keptAndDead(looks, {
      testReplacement: () => Promise.reject(refusal('REPLACEMENT_REJECTED')),
      notifyAudience: ({ notice }) => {
        if (notice.kind === 'unresolved') told.push(notice.summary);
        return Promise.resolve({ at: 6, channels: 1 });
      },
    });

    const { outcome } = await withIncident(environment, activities, MEDIUM, async (handle) => {
      await untilWaiting(handle);
      await handle.executeUpdate(retryStepUpdate, { args: [APPROVED] });
      await eventually(
        () => handle.query(stateQuery),
        ({ incident }) => incident.waiting?.question.includes('PROVIDER_REFUSED') === true,
      );
      await handle.executeUpdate(skipStepUpdate, { args: [APPROVED] });
      return handle.result();
    });

    expect([outcome, looks]).toEqual([ends, []]);
    expect(told[0]).toContain('no replacement that works: checkout, billing.');
    expect(told[0]).not.toContain('is kept');
    if (ends === 'contained-waiting-for-person')
      expect(told[0]).toContain('Version 2 is dead, and was last used by billing.');
  });

  it('is not forgotten when it has died, however many rotations fail after it: whoever was left there has not gone back', async () => {
    const { activities } = keptAndDead([2, undefined, undefined]);

    const { outcome } = await withIncident(environment, activities, MEDIUM, async (handle) => {
      await untilWaiting(handle);
      for (const failures of [2, 3]) {
        await handle.executeUpdate(retryStepUpdate, { args: [APPROVED] });
        await untilFailed(handle, failures);
      }
      await handle.executeUpdate(skipStepUpdate, { args: [APPROVED] });
      return handle.result();
    });

    expect(outcome).toBe('contained-waiting-for-person');
  });

  it('is not taken for alive because a later one lives', async () => {
    const told: string[] = [];
    const { activities } = keptAndDead([3, 3], {
      // Nobody arrives on version 3, which another incident has minted.
      moveDependent: ({ dependentId, to }) =>
        dependentId === 'checkout' || to === 3
          ? Promise.reject(refusal('DEPENDENT_REFUSED'))
          : Promise.resolve({ at: 5, detail: 'moved' }),
      notifyAudience: ({ notice }) => {
        if (notice.kind === 'unresolved') told.push(notice.summary);
        return Promise.resolve({ at: 6, channels: 1 });
      },
    });

    await withIncident(environment, activities, MEDIUM, async (handle) => {
      await untilWaiting(handle);
      await handle.executeUpdate(retryStepUpdate, { args: [APPROVED] });
      await untilFailed(handle, 2);
      await handle.executeUpdate(skipStepUpdate, { args: [APPROVED] });
      return handle.result();
    });

    expect(told[0]).toContain('no replacement that works: checkout, billing.');
    expect(told[0]).toContain('Version 2 is dead');
  });

  it('and has died since is told of after a false positive', async () => {
    const told: string[] = [];
    const { activities } = keptAndDead([undefined], {
      notifyAudience: ({ notice }) => {
        told.push(notice.summary);
        return Promise.resolve({ at: 6, channels: 1 });
      },
    });

    const { outcome } = await withIncident(environment, activities, MEDIUM, async (handle) => {
      await untilWaiting(handle);
      await handle.executeUpdate(retryStepUpdate, { args: [APPROVED] });
      await untilFailed(handle, 2);
      await handle.executeUpdate(markFalsePositiveUpdate, { args: [APPROVED] });
      return handle.result();
    });

    expect(outcome).toBe('false-positive-restored');
    expect(told.join('\n')).toMatch(/After the false positive of .*Version 2 is dead, and was last used by billing/);
  });

  it('and was adopted, is not called left by those whom the undo did not send back', async () => {
    const told: string[] = [];
    const { activities } = fakeActivities({
      loadCredential: async () => ({ ...(await loadInWaves()), newer: 2 }),
      findUsers: () => Promise.resolve([]),
      checkWave: () => Promise.reject(refusal('WAVE_FAILED')),
      // A version in between was refused: another incident may have moved it.
      restoreDependent: () => Promise.resolve({ leftOn: 2 }),
      notifyAudience: ({ notice }) => {
        told.push(notice.summary);
        return Promise.resolve({ at: 6, channels: 1 });
      },
    });

    const { outcome, view } = await withIncident(environment, activities, sampleInput(), async (handle) => {
      await untilWaiting(handle);
      await handle.executeUpdate(skipStepUpdate, { args: [APPROVED] });
      return handle.result();
    });

    expect(outcome).toBe('contained-waiting-for-person');
    expect(notesOf(view)).toMatch(
      /rotation 1 failed: .*Version 2 is kept, in use by reports\. Not sent back, .*: reports/,
    );
    expect(told.at(-1)).toContain('Another incident may have moved these, which were left where they are: reports.');
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
