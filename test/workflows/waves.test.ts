import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { eventually } from '../support/eventually';
import {
  fakeActivities,
  MEDIUM,
  refusal,
  sampleCredential,
  sampleInput,
  sampleVersion,
} from '../support/fake-activities';
import { APPROVED } from '../support/outcome-scenarios';
import { adoptedAndUnfit } from '../support/patched-scenarios';
import { notesOf, untilWaiting, withIncident } from '../support/run-incident';
import { approveStepUpdate, retryStepUpdate, stateQuery } from '../../workflows/messages';
import { timeSkippingEnvironment } from '../support/time-skipping-environment';

/** Checkout matters most, reports least. */
const THREE = sampleCredential({
  enforcement: 'gateway',
  knownContexts: [{ id: 'office', networks: ['192.0.2.1/32'] }],
  dependents: (['checkout', 'billing', 'reports'] as const).map((id, criticality) => ({
    id,
    kind: 'kv-pull',
    target: '',
    owner: 'payments',
    criticality: criticality as 0 | 1 | 2,
  })),
});
const loadThree = () => Promise.resolve({ credential: THREE, version: sampleVersion() });
let environment: TestWorkflowEnvironment;

// A server each: what one leaves open must not stop the clock of another.
beforeEach(async () => {
  environment = await timeSkippingEnvironment();
});

afterEach(async () => {
  await environment.teardown();
});

describe('waves', () => {
  it('move the least critical first, each through its gate', async () => {
    const { activities, calls } = fakeActivities({ loadCredential: loadThree });

    const { outcome } = await withIncident(environment, activities, sampleInput(), (handle) => handle.result());

    expect(outcome).toBe('recovered');
    expect(calls.filter((call) => /^(move|check)/.test(call))).toEqual([
      'moveDependent reports',
      'checkWave',
      'moveDependent billing',
      'checkWave',
      'moveDependent checkout',
      'checkWave',
    ]);
  });

  it('stop where one does not work: it goes back, and the more critical ones are never touched', async () => {
    const { activities, calls } = fakeActivities({
      loadCredential: loadThree,
      checkWave: ({ dependents }) =>
        dependents.includes('billing')
          ? Promise.reject(refusal('WAVE_FAILED'))
          : Promise.resolve({ at: 5, detail: 'works' }),
    });

    await withIncident(environment, activities, sampleInput(), async (handle) => {
      await untilWaiting(handle);
      await handle.terminate();
    });

    expect(calls.filter((call) => /^(restore|discard)/.test(call))).toEqual([
      'restoreDependent billing',
      'restoreDependent reports',
      'discardReplacement',
    ]);
    expect(calls).not.toContain('moveDependent checkout');
    expect(calls).not.toContain('revokeVersion');
  });

  it('send back whom they moved to a version that lived before, leave whom it had, and try it no second time', async () => {
    const told: string[] = [];
    const { activities, calls } = adoptedAndUnfit();
    const heard: typeof activities = {
      ...activities,
      notifyAudience: (input) => {
        told.push(input.notice.summary);
        return activities.notifyAudience(input);
      },
    };

    const { outcome, view } = await withIncident(environment, heard, sampleInput(), async (handle) => {
      await untilWaiting(handle);
      expect(calls.filter((call) => /^(restore|discard)/.test(call))).toEqual(['restoreDependent billing']);
      await handle.executeUpdate(retryStepUpdate, { args: [APPROVED] });
      return handle.result();
    });

    expect(outcome).toBe('recovered');
    expect(notesOf(view)).toMatch(/moved to version 3/);
    expect(calls.filter((call) => call === 'testReplacement')).toHaveLength(1);
    expect(told.find((summary) => summary.includes('left something behind'))).toContain('end version 2');
    expect(told.find((summary) => summary.includes('verified dead'))).toContain('Still to be mended: Not undone: end');
  });

  it('send nobody back once the lane is over: what does not work is missing, and the others stay', async () => {
    const laneUntil = Date.now() + 600_000;
    const { activities, calls } = fakeActivities({
      loadCredential: loadThree,
      containVersion: () => Promise.resolve({ at: 1, revision: 7, laneUntil, evidence: 'refused' }),
      moveDependent: ({ dependentId }) =>
        dependentId === 'checkout'
          ? Promise.reject(refusal('DEPENDENT_NOT_MOVED'))
          : Promise.resolve({ at: 5, detail: 'moved' }),
      findBroken: ({ dependents }) => Promise.resolve(dependents.filter((id) => id === 'checkout')),
      checkWave: ({ dependents }) =>
        dependents.includes('billing')
          ? Promise.reject(refusal('WAVE_FAILED'))
          : Promise.resolve({ at: 5, detail: 'works' }),
    });

    const { outcome, view } = await withIncident(environment, activities, sampleInput(), (handle) => handle.result());

    expect(outcome).toBe('recovered');
    expect(notesOf(view)).toContain('billing, reports moved to version 2; NOT moved in time: checkout');
    // Of the first try, when the lane was open.
    expect(calls.filter((call) => /^(restore|discard)/.test(call))).toEqual([
      'restoreDependent billing',
      'restoreDependent reports',
      'discardReplacement',
    ]);
  });

  it('are not held up for ever by a slow canary: it has its share of the time, and is asked on', async () => {
    let others = false;
    const { activities, calls } = fakeActivities({
      loadCredential: loadThree,
      moveDependent: ({ dependentId }) => {
        if (dependentId !== 'reports') others = true;
        return dependentId === 'reports' && !others
          ? Promise.reject(refusal('DEPENDENT_NOT_MOVED', false))
          : Promise.resolve({ at: 5, detail: 'moved' });
      },
    });

    const { outcome, view } = await withIncident(environment, activities, sampleInput(), (handle) => handle.result());

    expect(outcome).toBe('recovered');
    expect(calls.indexOf('moveDependent billing')).toBeGreaterThan(0);
    expect(view.incident.timeline.map(({ note }) => note).join()).toContain('checkout, billing, reports moved');
  });

  it('go on when nobody uses a wave yet, and say so', async () => {
    const { activities } = fakeActivities({
      loadCredential: loadThree,
      checkWave: () => Promise.reject(refusal('WAVE_NOT_SEEN')),
    });

    const { outcome, view } = await withIncident(environment, activities, sampleInput(), (handle) => handle.result());

    expect(outcome).toBe('recovered');
    expect(view.incident.timeline.map(({ note }) => note).join()).toContain('wave 1 went on without its gate');
  });
});

describe('who still uses the old version', () => {
  const use = (registered: boolean) => ({
    at: 5,
    visible: true,
    contexts: [{ context: 'warehouse', registered, lastAcceptedAt: Date.now(), accepted: 3, failed: 0 }],
  });

  it('blocks an early end and is shown as discovered, until it is silent', async () => {
    let looks = 0;
    const { activities, calls } = fakeActivities({
      loadCredential: loadThree,
      // The lane of fifteen minutes begins here.
      confirmInForce: () => Promise.resolve({ at: Date.now(), gateways: ['gateway'], behind: [] }),
      observeUse: () => Promise.resolve(++looks < 4 ? use(false) : { at: 5, visible: true, contexts: [] }),
    });

    await withIncident(environment, activities, sampleInput(), async (handle) => {
      await eventually(
        () => handle.query(stateQuery),
        (view) => view.discoveredDependents?.includes('warehouse') === true,
      );
      expect(calls).not.toContain('revokeVersion');
      expect((await handle.result()).outcome).toBe('recovered');
    });

    expect(looks).toBe(4);
  });

  it('is asked about at medium, with who would lose access', async () => {
    const { activities, calls } = fakeActivities({
      loadCredential: loadThree,
      observeUse: () => Promise.resolve(use(true)),
    });

    await withIncident(environment, activities, MEDIUM, async (handle) => {
      await eventually(
        async () => {
          await environment.sleep('30m');
          return handle.query(stateQuery);
        },
        ({ incident }) => incident.stage === 'waiting-for-person',
      );
      const { incident } = await handle.query(stateQuery);
      expect(incident.waiting).toMatchObject({ kind: 'revoke' });
      expect(incident.waiting?.question).toContain('These would lose access: warehouse.');
      expect(calls).not.toContain('revokeVersion');
      await handle.executeUpdate(approveStepUpdate, { args: [{ actor: 'ana@example.com', note: 'they know' }] });
      expect((await handle.result()).outcome).toBe('recovered');
    });
  });
});
