import { Context } from '@temporalio/activity';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import {
  detectionSignal,
  lowerSeverityUpdate,
  markFalsePositiveUpdate,
  raiseSeverityUpdate,
  retryStepUpdate,
  stateQuery,
} from '../../workflows/messages';
import { eventually } from '../support/eventually';
import {
  fakeActivities,
  loadInWaves,
  loadSeparable,
  MEDIUM,
  refusal,
  sampleAssessment,
  sampleInput,
  withOverlap,
} from '../support/fake-activities';
import { APPROVED, extendByTwo, silentFor } from '../support/outcome-scenarios';
import { latecomer, LESS_TIME_WHEN_CRITICAL, tightenedLate } from '../support/patched-scenarios';
import { notesOf, refusalOf, untilStage, untilWaiting, withIncident } from '../support/run-incident';
import { CRITICAL_SIGNAL } from '../support/recorded-scenarios';
import { timeSkippingEnvironment } from '../support/time-skipping-environment';

let environment: TestWorkflowEnvironment;

beforeEach(async () => {
  environment = await timeSkippingEnvironment();
});

afterEach(async () => {
  await environment.teardown();
});

it('looks in the end at who came after its wave had gone on', async () => {
  const { activities, calls } = latecomer();
  const policy = withOverlap(20, 'medium');

  const { view } = await withIncident(environment, activities, { ...MEDIUM, policy }, (handle) => handle.result());

  expect(notesOf(view)).toContain('passed its gate: reports seen');
  expect(calls.filter((call) => call === 'checkWave').length).toBeGreaterThanOrEqual(2);
});

it('never closes what could not be proven dead, however long nobody answers', async () => {
  const { activities, calls } = fakeActivities({ verifyDead: () => Promise.reject(refusal('COULD_NOT_TELL')) });

  await withIncident(
    environment,
    activities,
    sampleInput({}, silentFor(1, { escalateEverySeconds: 1 })),
    async (handle) => {
      await eventually(
        () => calls.filter((call) => call === 'verifyDead').length,
        (times) => times >= 4,
      );
      const { incident } = await handle.query(stateQuery);
      expect(incident.outcome).toBeUndefined();
      expect(incident.milestones.revoked).toBeDefined();
      await handle.terminate();
    },
  );
});

it('takes use that can not be seen for no silence', async () => {
  const { activities, calls } = fakeActivities({
    loadCredential: loadInWaves,
    observeUse: () => Promise.resolve({ at: 5, visible: false, contexts: [] }),
  });
  const policy = withOverlap(600, 'medium');

  await withIncident(environment, activities, { ...MEDIUM, policy }, async (handle) => {
    const { incident } = await untilWaiting(handle);
    expect(incident.waiting?.kind).toBe('revoke');
    expect(incident.waiting?.question).toContain('its use could not be looked at');
    expect(calls).not.toContain('revokeVersion');
    await handle.terminate();
  });
});

it('restores nothing of an incident that was opened again: its version was revoked', async () => {
  const { activities, calls } = fakeActivities({
    loadCredential: loadSeparable,
    confirmInForce: () => Promise.reject(refusal('INTERNAL')),
  });

  await withIncident(environment, activities, sampleInput({ reopened: { replacement: 2 } }), async (handle) => {
    await untilWaiting(handle);
    await expect(handle.executeUpdate(markFalsePositiveUpdate, { args: [APPROVED] })).rejects.toThrow();
    await handle.terminate();
  });

  expect(calls).not.toContain('liftContainment');
});

it('refuses nothing anew after a lift, tells of the evidence that came, and tells whom it had told', async () => {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  const { activities, calls } = fakeActivities({
    loadCredential: loadSeparable,
    closeAudit: () => opened.then(() => ({ at: 1 })),
  });
  const asks = sampleInput({ assessment: sampleAssessment({ severity: 'medium', families: ['origin'] }) });

  const { outcome, view } = await withIncident(environment, activities, asks, async (handle) => {
    await untilWaiting(handle);
    await handle.executeUpdate(markFalsePositiveUpdate, { args: [APPROVED] });
    await eventually(
      () => calls,
      (made) => made.includes('closeAudit'),
    );
    const before = calls.filter((call) => call.endsWith('person-needed')).length;
    await handle.signal(detectionSignal, CRITICAL_SIGNAL);
    await eventually(
      () => calls.filter((call) => call.endsWith('person-needed')).length,
      (pages) => pages > before,
    );
    open();
    return handle.result();
  });

  expect(outcome).toBe('false-positive-restored');
  expect(calls.lastIndexOf('containVersion')).toBeLessThan(calls.indexOf('liftContainment'));
  expect(calls).toContain('notifyAudience product restored');
  expect(notesOf(view)).not.toContain('refusal tightened');
});

it('tries a refusal that could not be tightened until it is, and gives no time before', async () => {
  const { activities, calls } = tightenedLate();

  const { outcome, view } = await withIncident(environment, activities, LESS_TIME_WHEN_CRITICAL, async (handle) => {
    await untilStage(handle, 'replaced');
    await handle.signal(detectionSignal, CRITICAL_SIGNAL);
    await eventually(
      () => calls.filter((call) => call === 'notifyAudience security person-needed'),
      (pages) => pages.length > 0,
    );
    expect(await refusalOf(extendByTwo(handle))).toContain('still to be tightened');
    return handle.result();
  });

  expect(outcome).toBe('recovered');
  expect(notesOf(view)).toMatch(/could NOT be tightened[^]*refusal tightened \(critical\)/);
});

it('lets nobody hear last that it is refused, when that was lifted meanwhile', async () => {
  const told: string[] = [];
  const { activities, calls } = fakeActivities({ loadCredential: loadSeparable });
  const slow: typeof activities = {
    ...activities,
    notifyAudience: async (input) => {
      const { audience, notice } = input;
      if (audience === 'product' && notice.kind === 'contained')
        await eventually(
          () => calls,
          (made) => made.includes('liftContainment'),
        );
      told.push(`${audience} ${notice.kind}`);
      return activities.notifyAudience(input);
    },
  };
  const asks = sampleInput({ assessment: sampleAssessment({ severity: 'medium', families: ['origin'] }) });

  await withIncident(environment, slow, asks, async (handle) => {
    await untilWaiting(handle);
    await handle.executeUpdate(markFalsePositiveUpdate, { args: [APPROVED] });
    return handle.result();
  });

  expect(told.filter((one) => one.startsWith('product')).at(-1)).toBe('product restored');
  expect(told).toContain('product contained');
});

it('says in the end what of an earlier rotation was not undone', async () => {
  let rotations = 0;
  const { activities } = fakeActivities({
    createReplacement: () => {
      rotations += 1;
      if (rotations === 1) return Promise.reject(refusal('PROVIDER_REFUSED'));
      return Promise.resolve({ at: 5, version: 3, publicId: 'orders_v3' });
    },
    discardReplacement: () => Promise.reject(refusal('PROVIDER_REFUSED')),
  });
  const told: string[] = [];
  const recording: typeof activities = {
    ...activities,
    notifyAudience: (input) => {
      if (input.notice.kind === 'resolved') told.push(input.notice.summary);
      return activities.notifyAudience(input);
    },
  };

  const { outcome } = await withIncident(environment, recording, sampleInput(), async (handle) => {
    await untilWaiting(handle);
    await handle.executeUpdate(retryStepUpdate, { args: [{ actor: 'ana@example.com', note: 'mended' }] });
    return handle.result();
  });

  expect(outcome).toBe('recovered');
  expect(told[0]).toContain('Still to be mended');
});

it('moves dependents also where the policy gives their contexts no time at all', async () => {
  const { activities, calls } = fakeActivities();

  const { outcome, view } = await withIncident(environment, activities, sampleInput({}, withOverlap(0)), (handle) =>
    handle.result(),
  );

  expect(outcome).toBe('recovered');
  expect(notesOf(view)).toContain('checkout, billing moved to version 2');
  expect(calls).toContain('moveDependent billing');
});

it('takes a raise that lesser evidence overtook', async () => {
  let recorded: () => void = () => undefined;
  const recording = new Promise<void>((resolve) => (recorded = resolve));
  const { activities, calls } = fakeActivities({
    loadCredential: loadSeparable,
    confirmInForce: () => Promise.reject(refusal('INTERNAL')),
    recordDecision: () => recording,
  });

  await withIncident(environment, activities, MEDIUM, async (handle) => {
    await untilWaiting(handle);
    const raised = handle.executeUpdate(raiseSeverityUpdate, {
      args: [{ actor: 'ana@example.com', note: 'seen in public', severity: 'critical' }],
    });
    await eventually(
      () => calls,
      (made) => made.includes('recordDecision'),
    );
    await handle.signal(detectionSignal, {
      ...CRITICAL_SIGNAL,
      assessment: sampleAssessment({ severity: 'high' }),
    });
    await eventually(
      async () => (await handle.query(stateQuery)).plan?.severity,
      (severity) => severity === 'high',
    );
    recorded();
    expect(await raised).toBe('severity critical');
    expect((await handle.query(stateQuery)).plan?.severity).toBe('critical');
    await handle.terminate();
  });
});

it('sends a page that was begun, even if what it is about ends at that moment', async () => {
  const { activities, calls } = fakeActivities({
    moveDependent: async () => {
      await eventually(
        () => calls,
        (made) => made.some((call) => call.endsWith('person-needed')),
      );
      return { at: 5, detail: 'moved' };
    },
    notifyAudience: async ({ notice }) => {
      if (notice.kind === 'person-needed')
        await eventually(
          () => calls,
          (made) => made.includes('verifyDead'),
        );
      return { at: 6, channels: 1 };
    },
  });

  const result = await withIncident(environment, activities, sampleInput({}, withOverlap(4)), (handle) =>
    handle.result(),
  );

  expect(result.outcome).toBe('recovered');
  expect(calls).toContain('notifyAudience engineering person-needed');
  expect(result.view.incident.timeline.map(({ note }) => note).join('\n')).not.toContain('could NOT be told');
});

it('stays as grave as a person judged it, however often detectors say the same again', async () => {
  const { activities } = fakeActivities({
    loadCredential: loadSeparable,
    confirmInForce: () => Promise.reject(refusal('INTERNAL')),
  });
  const same = { ...CRITICAL_SIGNAL, assessment: MEDIUM.assessment };

  await withIncident(environment, activities, MEDIUM, async (handle) => {
    await untilWaiting(handle);
    await handle.executeUpdate(lowerSeverityUpdate, { args: [{ ...APPROVED, severity: 'low' }] });
    const severityAfter = async (signal: typeof same): Promise<unknown> => {
      const { detections } = (await handle.query(stateQuery)).incident;
      await handle.signal(detectionSignal, signal);
      const { incident } = await eventually(
        () => handle.query(stateQuery),
        (view) => view.incident.detections > detections,
      );
      return incident.evidence.severity;
    };

    expect(await severityAfter(same)).toBe('low');
    expect(await severityAfter(CRITICAL_SIGNAL)).toBe('critical');
    await handle.terminate();
  });
});

it('pages once when detectors see abuse during an exercise: it may be no part of it', async () => {
  const { activities, calls } = fakeActivities({
    loadCredential: loadSeparable,
    confirmInForce: () => Promise.reject(refusal('INTERNAL')),
  });
  const pages = (): number => calls.filter((call) => call === 'notifyAudience security person-needed').length;

  await withIncident(environment, activities, { ...MEDIUM, simulated: true }, async (handle) => {
    // It waits a moment before its question has been sent.
    const before = await eventually(pages, (told) => told > 0);
    for (let time = 0; time < 3; time++) await handle.signal(detectionSignal, CRITICAL_SIGNAL);
    await eventually(
      async () => (await handle.query(stateQuery)).incident.detections,
      (detections) => detections === 3,
    );
    await eventually(pages, (told) => told > before);
    expect(pages()).toBe(before + 1);
    await handle.terminate();
  });
});

it('gives the dependents of a second try what is left of the time since the refusal, where the deadline decides', async () => {
  const givenSeconds: number[] = [];
  let mints = 0;
  const { activities } = fakeActivities({
    loadCredential: loadSeparable,
    createReplacement: () =>
      ++mints === 1
        ? Promise.reject(refusal('PROVIDER_ADMIN_DENIED'))
        : Promise.resolve({ at: 2, version: 2, publicId: 'orders_v2' }),
    moveDependent: () => {
      givenSeconds.push((Context.current().info.scheduleToCloseTimeoutMs ?? 0) / 1000);
      return Promise.resolve({ at: 5, detail: 'moved' });
    },
    containVersion: () => Promise.resolve({ at: Date.now(), revision: 7, evidence: 'refused' }),
    confirmInForce: () => Promise.resolve({ at: Date.now(), gateways: ['gateway'], behind: [] }),
  });

  await withIncident(environment, activities, sampleInput({}, withOverlap(120)), async (handle) => {
    await untilWaiting(handle);
    await environment.sleep('60s');
    await handle.executeUpdate(retryStepUpdate, { args: [{ actor: 'ana@example.com', note: 'mended' }] });
    return handle.result();
  });

  expect(Math.max(...givenSeconds)).toBeLessThanOrEqual(60);
  expect(Math.max(...givenSeconds)).toBeGreaterThanOrEqual(30);
});
