import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { parseIncidentId } from '../../domain/credential';
import { rotateCredential } from '../../workflows';
import { markFalsePositiveUpdate, skipStepUpdate, stateQuery, type IncidentView } from '../../workflows/messages';
import { eventually } from '../support/eventually';
import {
  fakeActivities,
  loadReplaced,
  loadSeparable,
  loadUnproven,
  refusal,
  sampleAssessment,
  sampleCredential,
  sampleInput,
  sampleRotation,
  sampleVersion,
} from '../support/fake-activities';
import { APPROVED } from '../support/outcome-scenarios';
import { resultWithin, untilWaiting, withIncident } from '../support/run-incident';
import { testWorker } from '../support/test-worker';
import { timeSkippingEnvironment } from '../support/time-skipping-environment';

const notesOf = ({ incident }: IncidentView): string => incident.timeline.map(({ note }) => note).join('\n');

let environment: TestWorkflowEnvironment;

beforeEach(async () => {
  environment = await timeSkippingEnvironment();
});

afterEach(async () => {
  await environment.teardown();
});

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

    const { outcome, view } = await withIncident(environment, activities, sampleInput(), (handle) => handle.result());

    expect(outcome).toBe('recovered');
    expect(view.plan?.reasons).toEqual([expect.stringContaining('never proven dead')]);
    expect(controls).toEqual([2]);
    expect(calls).not.toContain('createReplacement');
    // Whoever had not moved when it was revoked is moved, or named.
    expect(calls).toContain('moveDependent billing');
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

describe('while the inventory can not be read', () => {
  it('people are told that nothing is contained, and it goes on when it can', async () => {
    let [tries, canBeRead] = [0, false];
    const { activities, calls } = fakeActivities({
      loadCredential: (input) => {
        tries += 1;
        return canBeRead
          ? fakeActivities().activities.loadCredential(input)
          : Promise.reject(refusal('INTERNAL', false));
      },
    });

    const { outcome } = await withIncident(
      environment,
      activities,
      sampleInput(),
      async (handle) => {
        await eventually(
          () => calls,
          (made) => made.includes('notifyAudience security person-needed'),
        );
        expect(calls).not.toContain('containVersion');
        const before = tries;
        await eventually(
          () => tries,
          (now) => now > before,
        );
        canBeRead = true;
        return resultWithin(handle, 60_000);
      },
      { skipTime: false },
    );

    expect(outcome).toBe('recovered');
  });

  it('a cancellation is told, too', async () => {
    const { activities, calls } = fakeActivities({
      loadCredential: () => Promise.reject(refusal('INTERNAL', false)),
    });

    await withIncident(
      environment,
      activities,
      sampleInput(),
      async (handle) => {
        await eventually(
          () => calls,
          (made) => made.includes('notifyAudience security person-needed'),
        );
        await handle.cancel();
        await expect(handle.result()).rejects.toThrow();
      },
      { skipTime: false },
    );

    expect(calls).toContain('notifyAudience security unresolved');
  });
});

it('waits until the rotation of an earlier run has undone itself: two at once would undo one another', async () => {
  const [begun, undone] = [gate(), gate()];
  const earlier = fakeActivities({
    createReplacement: () => Promise.reject(refusal('PROVIDER_REFUSED')),
    discardReplacement: () => undone.opened,
  });
  const { activities, calls } = fakeActivities({
    loadCredential: loadSeparable,
    confirmInForce: () => begun.opened.then(() => ({ at: 1, gateways: ['gateway'], behind: [] })),
  });
  const { worker, taskQueue } = await testWorker(environment, earlier.activities);

  const { outcome, view } = await worker.runUntil(() =>
    withIncident(
      environment,
      activities,
      sampleInput(),
      async (handle) => {
        const credentialId = parseIncidentId(handle.workflowId)?.credentialId ?? '';
        const old = await environment.client.workflow.start(rotateCredential, {
          workflowId: `rotate/${credentialId}/1/1`,
          taskQueue,
          args: [sampleRotation({ credentialId })],
        });
        await eventually(
          () => earlier.calls,
          (made) => made.includes('discardReplacement'),
        );
        begun.open();
        await eventually(
          async () => notesOf(await handle.query(stateQuery)),
          (notes) => notes.includes('an earlier rotation still undoes itself'),
        );
        expect(calls).not.toContain('createReplacement');
        undone.open();
        await old.result().catch(() => undefined);
        return resultWithin(handle, 60_000);
      },
      { skipTime: false },
    ),
  );

  expect(outcome).toBe('recovered');
  expect(notesOf(view)).not.toContain('rolled back');
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

function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open: () => open() };
}
