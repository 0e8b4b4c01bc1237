import { defaultPayloadConverter } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { markFalsePositiveUpdate, skipStepUpdate } from '../../workflows/messages';
import {
  fakeActivities,
  loadReplaced,
  loadUnproven,
  refusal,
  sampleAssessment,
  sampleCredential,
  sampleInput,
  sampleVersion,
} from '../support/fake-activities';
import { APPROVED } from '../support/outcome-scenarios';
import { rotationOf } from '../support/patched-scenarios';
import { untilWaiting, withIncident } from '../support/run-incident';
import { timeSkippingEnvironment } from '../support/time-skipping-environment';

let environment: TestWorkflowEnvironment;

beforeEach(async () => {
  environment = await timeSkippingEnvironment();
});

afterEach(async () => {
  await environment.teardown();
});

async function inputOf(rotation: ReturnType<typeof rotationOf>): Promise<unknown> {
  const { events } = await rotation.fetchHistory();
  const [payload] = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
  return payload && defaultPayloadConverter.fromPayload(payload);
}

describe('an incident about what was revoked and never proven dead', () => {
  it('goes straight to the proof, beside the version that took its place', async () => {
    const controls: number[] = [];
    const { activities, calls } = fakeActivities({
      loadCredential: loadUnproven,
      verifyDead: ({ control }) => {
        controls.push(control);
        return Promise.resolve({ at: 5, proof: 'presented', evidence: 'old refused, control accepted' });
      },
    });

    const { result, rotation } = await withIncident(environment, activities, sampleInput(), async (handle) => ({
      result: await handle.result(),
      rotation: await inputOf(rotationOf(handle)),
    }));

    const { outcome, view } = result;
    expect(outcome).toBe('recovered');
    expect(view.plan?.reasons).toEqual([expect.stringContaining('never proven dead')]);
    expect(controls).toEqual([2]);
    expect(calls).not.toContain('createReplacement');
    // Whoever had not moved when it was revoked is moved, or named; nobody is sent back to what is revoked.
    expect(calls).toContain('moveDependent billing');
    expect(rotation).toMatchObject({ adopt: 2, forwardOnly: true });
  });

  it('asks nobody whether to contain what is revoked, and restores nothing of it', async () => {
    const credential = sampleCredential({ protection: 'break-glass' });
    const { activities, calls } = fakeActivities({
      loadCredential: async () => ({ ...(await loadUnproven()), credential }),
      verifyDead: () => Promise.reject(refusal('COULD_NOT_TELL')),
    });

    await withIncident(environment, activities, sampleInput(), async (handle) => {
      const { incident } = await untilWaiting(handle);
      expect(incident.waiting?.kind).toBe('needed-step');
      await expect(handle.executeUpdate(markFalsePositiveUpdate, { args: [APPROVED] })).rejects.toThrow();
      await handle.terminate();
    });

    expect(calls).not.toContain('liftContainment');
  });
});

describe('an incident about what was refused and replaced before', () => {
  it('goes on with the version that lives, and mints none', async () => {
    const moved: number[] = [];
    const { activities, calls } = fakeActivities({
      loadCredential: loadReplaced,
      moveDependent: ({ to }) => {
        moved.push(to);
        return Promise.resolve({ at: 5, detail: 'moved' });
      },
    });

    const { outcome, view } = await withIncident(environment, activities, sampleInput(), (handle) => handle.result());

    expect([outcome, view.replacement, moved]).toEqual(['recovered', 2, [2, 2]]);
    expect(calls).not.toContain('createReplacement');
  });

  it('sends nobody back who works on it, whatever fails', async () => {
    const { activities, calls } = fakeActivities({
      loadCredential: loadReplaced,
      containVersion: () => Promise.resolve({ at: 1, revision: 7, laneUntil: 0, evidence: 'refused to everybody' }),
      moveDependent: ({ dependentId }) =>
        dependentId === 'billing'
          ? Promise.reject(refusal('DEPENDENT_REFUSED'))
          : Promise.resolve({ at: 5, detail: 'moved' }),
    });
    const medium = sampleInput({ assessment: sampleAssessment({ severity: 'medium', deterministic: true }) });

    const { outcome } = await withIncident(environment, activities, medium, async (handle) => {
      await untilWaiting(handle);
      await handle.executeUpdate(skipStepUpdate, { args: [APPROVED] });
      return handle.result();
    });

    expect(outcome).toBe('contained-waiting-for-person');
    expect(calls.filter((call) => /^(restore|discard)/.test(call))).toEqual([]);
  });
});

describe('an incident that went on with a new history before it was contained', () => {
  const asked = { since: Date.now() - 3_600_000, pages: 2, acknowledged: true };
  const breakGlass = () =>
    Promise.resolve({ credential: sampleCredential({ protection: 'break-glass' }), version: sampleVersion() });

  it('asks on, and pages nobody who has said to be on it', async () => {
    const { activities, calls } = fakeActivities({ loadCredential: breakGlass });

    await withIncident(environment, activities, sampleInput({ renewed: { asked } }), async (handle) => {
      await untilWaiting(handle);
      await environment.sleep('2h');
      await handle.terminate();
    });

    expect(calls).toEqual(['loadCredential']);
  });

  it('does not ask again what has been answered', async () => {
    const { activities } = fakeActivities({ loadCredential: breakGlass });

    const { outcome } = await withIncident(
      environment,
      activities,
      sampleInput({ renewed: { asked, mayContain: true } }),
      (handle) => handle.result(),
    );

    expect(outcome).toBe('recovered');
  });
});
