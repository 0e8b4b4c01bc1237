import { randomUUID } from 'node:crypto';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { containedWatchId, incidentId, parseIncidentId, watchId } from '../../domain/credential';
import { DEFAULT_POLICY } from '../../domain/policy';
import type { respondToLeak } from '../../workflows';
import { markFalsePositiveUpdate, retryStepUpdate, skipStepUpdate, stateQuery } from '../../workflows/messages';
import { eventually } from '../support/eventually';
import {
  fakeActivities,
  loadReplaced,
  loadSeparable,
  MEDIUM,
  refusal,
  sampleInput,
  SEPARABLE,
  sampleVersion,
} from '../support/fake-activities';
import { APPROVED } from '../support/outcome-scenarios';
import { realServerEnvironment } from '../support/real-server-environment';
import { gate, notesOf, untilWaiting, withIncident } from '../support/run-incident';
import { testWorker } from '../support/test-worker';
import { cancelledBeforeLifting, rotationOf, rotationThatWaits, timeWithdrawn } from '../support/patched-scenarios';

/** Somebody ends a rotation, or its incident, from outside: in the Temporal Web UI, or with its command line. */
let environment: TestWorkflowEnvironment;

beforeAll(async () => {
  environment = await realServerEnvironment();
});

afterAll(async () => {
  await environment.teardown();
});

const PERSON = { actor: 'ana@example.com', note: 'go on' };

async function untilMoving(calls: readonly string[]): Promise<void> {
  await eventually(
    () => calls,
    (made) => made.includes('moveDependent checkout'),
  );
}

describe('a rotation that somebody cancels by itself', () => {
  it('is a step that failed and was undone, and no cancellation of its incident', async () => {
    const { activities, calls } = rotationThatWaits();

    const { outcome, view } = await withIncident(environment, activities, sampleInput(), async (handle) => {
      await untilMoving(calls);
      await rotationOf(handle).cancel();
      await untilWaiting(handle);
      await handle.executeUpdate(skipStepUpdate, { args: [APPROVED] });
      return handle.result();
    });

    expect(outcome).toBe('contained-and-rolled-back');
    expect(notesOf(view)).toContain('Somebody cancelled the rotation: what it had done is undone.');
    expect(calls).toContain('discardReplacement');
  });
});

describe('a rotation that somebody terminates', () => {
  it('is taken up by the next one: what it had minted takes the place, and nothing is minted besides', async () => {
    const { activities, calls } = rotationThatWaits();

    const { outcome, view } = await withIncident(environment, activities, sampleInput(), async (handle) => {
      await untilMoving(calls);
      await rotationOf(handle).terminate();
      const { incident } = await untilWaiting(handle);
      expect(incident.waiting?.question).toContain('Not undone: what it had minted, and whom it had moved.');
      await handle.executeUpdate(retryStepUpdate, { args: [PERSON] });
      return handle.result();
    });

    expect([outcome, view.replacement]).toEqual(['recovered', 2]);
    expect(calls.filter((call) => call === 'createReplacement')).toHaveLength(1);
    expect(view.incident.timeline.at(-1)?.note).not.toContain('Not undone');
  });

  it('before its replacement lived leaves nothing behind: what it may have minted is discarded by its key', async () => {
    const minting = gate();
    let mints = 0;
    const discarded: string[] = [];
    const { activities, calls } = fakeActivities({
      createReplacement: async () => {
        mints += 1;
        if (mints === 1) await minting.opened;
        return { at: 1, version: 1 + mints, publicId: `orders_v${1 + mints}` };
      },
      discardReplacement: (input) => {
        if ('createStepKey' in input) discarded.push(input.createStepKey.split('/').at(-1) ?? '');
        return Promise.resolve();
      },
    });

    const { outcome } = await withIncident(environment, activities, sampleInput(), async (handle) => {
      await eventually(
        () => calls,
        (made) => made.includes('createReplacement'),
      );
      await rotationOf(handle).terminate();
      minting.open();
      await untilWaiting(handle);
      await handle.executeUpdate(retryStepUpdate, { args: [PERSON] });
      return handle.result();
    });

    expect(outcome).toBe('recovered');
    expect(discarded).toEqual(['create.1', 'create.2']);
  });

  it('and that nobody takes up is told at the end: contained, rollback incomplete', async () => {
    const { activities, calls } = rotationThatWaits();

    const { outcome } = await withIncident(environment, activities, sampleInput(), async (handle) => {
      await untilMoving(calls);
      await rotationOf(handle).terminate();
      await untilWaiting(handle);
      await handle.executeUpdate(skipStepUpdate, { args: [APPROVED] });
      return handle.result();
    });

    expect(outcome).toBe('contained-rollback-incomplete');
  });
});

it('begins no rotation while one of an earlier run still undoes itself, whichever try of its incident that was', async () => {
  const undone = gate();
  let mints = 0;
  const { activities, calls } = fakeActivities({
    loadCredential: loadSeparable,
    createReplacement: () =>
      ++mints === 1
        ? Promise.reject(refusal('PROVIDER_REFUSED'))
        : Promise.resolve({ at: 1, version: 2, publicId: 'orders_v2' }),
    moveDependent: () => Promise.reject(refusal('DEPENDENT_NOT_MOVED', false)),
    // Of the first try nothing is there to be discarded.
    discardReplacement: () => (mints === 1 ? Promise.resolve() : undone.opened),
  });
  const input = sampleInput({ credentialId: `orders-db-${randomUUID()}` }, { ...DEFAULT_POLICY, watchSeconds: 0 });
  const { worker, taskQueue } = await testWorker(environment, activities);
  const workflowId = incidentId(input.credentialId, 1);
  const start = () =>
    environment.client.workflow.start<typeof respondToLeak>('respondToLeak', { workflowId, taskQueue, args: [input] });

  await worker.runUntil(async () => {
    const first = await start();
    await untilWaiting(first);
    await first.executeUpdate(retryStepUpdate, { args: [PERSON] });
    await untilMoving(calls);
    await first.terminate();
    const second = await start();
    const notes = await eventually(
      async () => notesOf(await second.query(stateQuery)),
      (seen) => seen.includes('an earlier rotation still undoes itself'),
    );

    expect([mints, notes]).toEqual([2, expect.not.stringContaining('minted and tested')]);
    undone.open();
    await second.terminate();
  });
});

it('adopts what lives by now at the second try: the replacement of a later incident', async () => {
  let tries = 0;
  const { activities, calls } = fakeActivities({
    loadCredential: () =>
      Promise.resolve({ credential: SEPARABLE, version: sampleVersion(), ...(tries > 0 ? { newer: 3 } : {}) }),
    moveDependent: ({ to }) => {
      tries += 1;
      return to === 2
        ? Promise.reject(refusal('DEPENDENT_REFUSED'))
        : Promise.resolve({ at: 1, detail: `works on ${to}` });
    },
  });

  const { outcome, view } = await withIncident(environment, activities, MEDIUM, async (handle) => {
    await untilWaiting(handle);
    await handle.executeUpdate(retryStepUpdate, { args: [PERSON] });
    return handle.result();
  });

  expect([outcome, view.replacement]).toEqual(['recovered', 3]);
  expect(calls.filter((call) => call === 'createReplacement')).toHaveLength(1);
});

it('takes back what people gave when it becomes graver, also where the graver plan gives as much time', async () => {
  const { input, activities, play } = timeWithdrawn();

  const { outcome, view } = await withIncident(environment, activities(), input, async (handle) => {
    await play(handle);
    return handle.result();
  });

  expect(outcome).toBe('recovered');
  expect(notesOf(view)).toMatch(/refusal tightened \(critical\)[^]*dependents have 600 s left to move \(critical\)/);
});

it('says that it is proven dead when it is cancelled before people could be told, and its watch goes on', async () => {
  const telling = gate();
  const { activities, calls } = fakeActivities({
    notifyAudience: ({ notice }) =>
      notice.kind === 'resolved'
        ? telling.opened.then(() => ({ at: 1, channels: 1 }))
        : Promise.resolve({ at: 1, channels: 1 }),
  });

  await withIncident(
    environment,
    activities,
    sampleInput(),
    async (handle) => {
      await eventually(
        () => calls,
        (made) => made.includes('notifyAudience security resolved'),
      );
      const credentialId = parseIncidentId(handle.workflowId)?.credentialId ?? '';
      const watch = environment.client.workflow.getHandle(watchId(credentialId, 1));
      expect((await watch.describe()).status.name).toBe('RUNNING');
      await handle.cancel();
      telling.open();
      await expect(handle.result()).rejects.toThrow();
      const said = notesOf(await handle.query(stateQuery));
      expect(said).toContain('It is revoked and proven dead; version 2 replaces it.');
      expect(said).not.toContain('start the incident again');
      expect((await watch.describe()).status.name).toBe('RUNNING');
      await watch.terminate();
    },
    { keepWatch: true },
  );
});

it('a rotation that undoes itself after a false positive, and is terminated there, is told of: nobody hears that all is as before', async () => {
  const undone = gate();
  const told: string[] = [];
  const { activities, calls } = fakeActivities({
    loadCredential: loadSeparable,
    moveDependent: () => Promise.reject(refusal('DEPENDENT_NOT_MOVED', false)),
    restoreDependent: () => undone.opened.then(() => ({})),
    notifyAudience: ({ notice }) => {
      told.push(notice.summary);
      return Promise.resolve({ at: 6, channels: 1 });
    },
  });

  const { outcome } = await withIncident(environment, activities, sampleInput(), async (handle) => {
    await untilMoving(calls);
    const marked = handle.executeUpdate(markFalsePositiveUpdate, { args: [APPROVED] });
    await eventually(
      () => calls,
      (made) => made.some((call) => call.startsWith('restoreDependent')),
    );
    await rotationOf(handle).terminate();
    await marked;
    const result = await handle.result();
    undone.open();
    return result;
  });

  expect(outcome).toBe('false-positive-restored');
  expect(told.join()).toContain('Not undone: what it had minted, and whom it had moved.');
});

describe('a replacement that lives already', () => {
  it('takes the place when it works', async () => {
    const { activities, calls } = fakeActivities({ loadCredential: loadReplaced });

    const { view } = await withIncident(environment, activities, sampleInput(), (handle) => handle.result());

    expect(view.replacement).toBe(2);
    expect(calls).toContain('testReplacement');
    expect(calls).not.toContain('createReplacement');
  });

  it('is left alone when it does not: another one is minted, and people hear of it', async () => {
    const told: string[] = [];
    const { activities, calls } = fakeActivities({
      loadCredential: loadReplaced,
      testReplacement: () => Promise.reject(refusal('REPLACEMENT_REJECTED')),
      createReplacement: () => Promise.resolve({ at: 2, version: 3, publicId: 'orders_v3' }),
      notifyAudience: ({ notice }) => {
        told.push(notice.summary);
        return Promise.resolve({ at: 6, channels: 1 });
      },
    });

    const { outcome, view } = await withIncident(environment, activities, sampleInput(), (handle) => handle.result());

    expect([outcome, view.replacement]).toEqual(['recovered', 3]);
    expect(calls.filter((call) => call === 'createReplacement')).toHaveLength(1);
    expect(told.join()).toContain('Not undone: end version 2, which does not work');
  });
});

describe('an incident that somebody cancels while another has said that nothing leaked', () => {
  it('is looked after where its refusal was not lifted, and says so', async () => {
    const { input, activities, calls, play } = cancelledBeforeLifting();

    const [notes, status] = await withIncident(
      environment,
      activities(),
      input,
      async (handle) => {
        await play(handle);
        const view = await handle.query(stateQuery);
        const watch = environment.client.workflow.getHandle(containedWatchId(view.credentialId, 1));
        const { status: found } = await watch.describe();
        await watch.terminate();
        return [notesOf(view), found.name];
      },
      { keepWatch: true },
    );

    expect(calls).not.toContain('liftContainment');
    expect(notes).toContain('The version stays refused.');
    expect(status).toBe('RUNNING');
  });
});
