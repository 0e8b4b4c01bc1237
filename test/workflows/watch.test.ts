import { randomUUID } from 'node:crypto';
import { defaultPayloadConverter } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Activities } from '../../activities';
import { containedWatchId, incidentId, watchId } from '../../domain/credential';
import type { Assessment } from '../../domain/detection';
import type { KnownAgainst } from '../../domain/incident';
import { DEFAULT_POLICY } from '../../domain/policy';
import type { Severity } from '../../domain/severity';
import type { respondToLeak, watchContainment } from '../../workflows';
import {
  markFalsePositiveUpdate,
  skipStepUpdate,
  stateQuery,
  worksAgainSignal,
  type IncidentInput,
  type WatchInput,
  type WorksAgain,
} from '../../workflows/messages';
import { eventually } from '../support/eventually';
import { APPROVED } from '../support/outcome-scenarios';
import {
  fakeActivities,
  loadSeparable,
  refusal,
  sampleCredential,
  sampleInput,
  sampleVersion,
} from '../support/fake-activities';
import { gate, notesOf, untilWaiting, withIncident, type LeakHandle } from '../support/run-incident';
import { timeSkippingEnvironment } from '../support/time-skipping-environment';
import { testWorker } from '../support/test-worker';

const DAY = 86_400_000;

let environment: TestWorkflowEnvironment;

// A server each: what one leaves open must not stop the clock of another.
beforeEach(async () => {
  environment = await timeSkippingEnvironment();
});

afterEach(async () => {
  await environment.teardown();
});

async function watch<T>(
  activities: Activities,
  days: number,
  look: (id: string, credentialId: string) => Promise<T>,
  more: Partial<WatchInput> = {},
): Promise<T> {
  const credentialId = `watched-${randomUUID()}`;
  const now = await environment.currentTimeMs();
  const input: WatchInput = {
    credentialId,
    version: 1,
    policy: { ...DEFAULT_POLICY, watchSeconds: 0 },
    incident: incidentId(credentialId, 1),
    replacement: 2,
    since: now,
    until: now + days * DAY,
    checks: 0,
    ...more,
  };
  const { worker, taskQueue } = await testWorker(environment, activities);
  const id = watchId(credentialId, 1);
  return worker.runUntil(async () => {
    await environment.client.workflow.start<typeof watchContainment>('watchContainment', {
      workflowId: id,
      taskQueue,
      args: [input],
    });
    return look(id, credentialId);
  });
}

it('looks for days, seldom and seldomer, and ends when nothing was found; its history is bounded', async () => {
  const { activities, calls } = fakeActivities();

  const { result, events } = await watch(activities, 60, async (id) => {
    const handle = environment.client.workflow.getHandle<typeof watchContainment>(id);
    const ended = await handle.result();
    return { result: ended, events: (await handle.fetchHistory()).events?.length ?? 0 };
  });

  expect(result.drift).toBeUndefined();
  expect(result.checks).toBeGreaterThan(200);
  expect(calls).not.toContain('containVersion');
  // Continued as new: 240 looks are 2,600 events.
  expect(events).toBeLessThan(1_500);
});

it('opens the incident again when the dead version works: refused to everybody, revoked and proven once more', async () => {
  const { activities, calls } = fakeActivities({ checkDrift: () => Promise.resolve({ drift: 'it works again' }) });

  const { drift, outcome, reason, startedBy } = await watch(activities, 7, async (id, credentialId) => {
    const found = await environment.client.workflow.getHandle<typeof watchContainment>(id).result();
    const incident = environment.client.workflow.getHandle<typeof respondToLeak>(incidentId(credentialId, 1));
    const { outcome: end, view } = await incident.result();
    return { drift: found.drift, outcome: end, reason: view.incident.evidence.reason, startedBy: view.startedBy };
  });

  expect(drift).toBe('it works again');
  expect([outcome, reason, startedBy]).toEqual(['recovered', 'drift after closing: it works again', 'watch']);
  expect(calls).toEqual(expect.arrayContaining(['containVersion', 'revokeVersion', 'verifyDead']));
  expect(calls).not.toContain('createReplacement');
});

it('opens the incident from its beginning when what was only refused works again', async () => {
  const { activities, calls } = fakeActivities({
    checkDrift: () => Promise.resolve({ drift: 'it works again', isContained: true }),
  });

  const outcome = await watch(
    activities,
    7,
    async (id, credentialId) => {
      await environment.client.workflow.getHandle<typeof watchContainment>(id).result();
      const incident = environment.client.workflow.getHandle<typeof respondToLeak>(incidentId(credentialId, 1));
      return (await incident.result()).outcome;
    },
    { contained: true },
  );

  expect(outcome).toBe('recovered');
  expect(calls).toEqual(expect.arrayContaining(['containVersion', 'createReplacement', 'revokeVersion']));
});

it('opens it with what its incident knew, so that only a person ends it where only a person might', async () => {
  const { activities, calls } = fakeActivities({
    checkDrift: () => Promise.resolve({ drift: 'it works again', isContained: true }),
  });
  const evidence: Assessment = { ...sampleInput().assessment, families: ['signature'], deterministic: false };

  const view = await watch(
    activities,
    7,
    async (id, credentialId) => {
      await environment.client.workflow.getHandle<typeof watchContainment>(id).result();
      return untilWaiting(environment.client.workflow.getHandle<typeof respondToLeak>(incidentId(credentialId, 1)));
    },
    { contained: true, evidence, simulated: true },
  );

  expect(JSON.stringify(view.incident)).toContain('Revoke it for ever?');
  expect([view.incident.evidence.families, view.simulated, calls.includes('revokeVersion')]).toEqual([
    ['signature'],
    true,
    false,
  ]);
});

it('opens what was revoked and never proven dead where it stopped, not as what had recovered', async () => {
  const { activities, calls } = fakeActivities({
    checkDrift: () => Promise.resolve({ drift: 'it works again', isUnproven: true, control: 2 }),
  });

  await watch(
    activities,
    7,
    async (id, credentialId) => {
      await environment.client.workflow.getHandle<typeof watchContainment>(id).result();
      return environment.client.workflow.getHandle<typeof respondToLeak>(incidentId(credentialId, 1)).result();
    },
    { contained: true },
  );

  expect(calls).toContain('createReplacement');
});

it('asks an incident that runs to refuse it again, and tells people when it works all the same', async () => {
  const told: string[] = [];
  const refusals: string[] = [];
  const { activities } = fakeActivities({
    createReplacement: () => Promise.reject(refusal('PROVIDER_REFUSED')),
    checkDrift: () => Promise.resolve({ drift: 'it works again', isContained: true }),
    containVersion: ({ stepKey }) => {
      refusals.push(stepKey.split('/').at(-1) ?? '');
      return Promise.resolve({ at: 1, revision: 1, evidence: 'refused' });
    },
    notifyAudience: ({ notice, audience }) => {
      if (audience === 'security') told.push(notice.summary);
      return Promise.resolve({ at: 6, channels: 1 });
    },
  });

  const [notes, result] = await withIncident(environment, activities, sampleInput(), async (handle) => {
    const { credentialId } = await untilWaiting(handle);
    const ended = await watchBeside(handle, credentialId, 200_000);
    const view = await untilWaiting(handle);
    await handle.terminate();
    return [notesOf(view), ended];
  });

  expect(refusals.slice(0, 3)).toEqual(['contain', 'contain.again.1', 'contain.again.2']);
  expect(notes).toMatch(/what was refused works again: it works again[^]*refused again/);
  expect(told.filter((text) => text.includes('works again: it works again'))).toHaveLength(1);
  expect(result.drift).toBe('it works again');
});

it.each(['not refused yet', 'revoked'])('refuses nothing again of what is %s', async (when) => {
  const isEarly = when === 'not refused yet';
  const held = gate();
  const stays = () => held.opened.then(() => Promise.reject(refusal('PROVIDER_ADMIN_DENIED')));
  const { activities, calls } = fakeActivities(isEarly ? { loadCredential: stays } : { verifyDead: stays });

  await withIncident(environment, activities, sampleInput(), async (handle) => {
    await eventually(
      () => Promise.resolve(calls),
      (all) => all.includes(isEarly ? 'loadCredential' : 'verifyDead'),
    );
    await handle.signal(worksAgainSignal, { evidence: 'accepted' });
    await handle.signal(worksAgainSignal, { evidence: 7 } as unknown as WorksAgain);
    const view = await eventually(
      () => handle.query(stateQuery),
      (now) => notesOf(now).includes('no known shape'),
    );
    expect(notesOf(view)).toContain('what was refused works again: accepted');
    await handle.terminate();
    // A worker ends when its activities have.
    held.open();
  });

  expect(calls.filter((name) => name === 'containVersion')).toHaveLength(isEarly ? 0 : 1);
});

it('ends when a person has set free what was refused', async () => {
  let looks = 0;
  const { activities } = fakeActivities({
    checkDrift: () => Promise.resolve(++looks === 3 ? { isOver: true } : { isContained: true }),
  });

  const result = await watch(
    activities,
    7,
    (id) => environment.client.workflow.getHandle<typeof watchContainment>(id).result(),
    { contained: true },
  );

  expect(result).toEqual({ checks: 3, drift: undefined, unclear: 0 });
});

it('takes a look that could tell nothing for neither, and looks again', async () => {
  let looks = 0;
  const { activities, calls } = fakeActivities({
    checkDrift: () => (++looks === 1 ? Promise.reject(refusal('COULD_NOT_TELL')) : Promise.resolve({})),
  });

  const result = await watch(activities, 0.02, (id) =>
    environment.client.workflow.getHandle<typeof watchContainment>(id).result(),
  );

  expect(result.drift).toBeUndefined();
  expect(looks).toBeGreaterThan(1);
  expect(calls).not.toContain('containVersion');
});

it('tells of looks that could tell nothing until somebody has heard it, also when there are no more', async () => {
  const told: string[] = [];
  const { activities } = fakeActivities({
    checkDrift: () => Promise.reject(refusal('COULD_NOT_TELL')),
    notifyAudience: ({ notice }) => {
      told.push(notice.summary);
      return told.length === 1 ? Promise.reject(refusal('INTERNAL')) : Promise.resolve({ at: 6, channels: 1 });
    },
  });
  const over = (id: string) => environment.client.workflow.getHandle<typeof watchContainment>(id).result();

  await watch(activities, 0.06, over);
  await watch(activities, 0.0001, over);

  expect(told).toEqual([
    expect.stringContaining('3 looks in a row could not tell'),
    expect.stringContaining('4 looks in a row could not tell'),
    expect.stringContaining('The last look could not tell'),
  ]);
});

it('is begun by an incident that has recovered', async () => {
  const { activities } = fakeActivities();

  const { status, outcome } = await withIncident(
    environment,
    activities,
    sampleInput(),
    async (handle) => {
      const { view } = await handle.result();
      const { status: state } = await environment.client.workflow.getHandle(watchId(view.credentialId, 1)).describe();
      return { status: state.name, outcome: view.incident.outcome };
    },
    { keepWatch: true },
  );

  expect([outcome, status]).toEqual(['recovered', 'RUNNING']);
});

it('is begun by an incident that ends refused at the provider, and by none whose refusal the gateways keep', async () => {
  const ended = async (load: Activities['loadCredential'] | undefined) => {
    const { activities } = fakeActivities({
      ...(load ? { loadCredential: load } : {}),
      createReplacement: () => Promise.reject(refusal('PROVIDER_REFUSED')),
    });
    return withIncident(
      environment,
      activities,
      sampleInput(),
      async (handle) => {
        const { credentialId } = await untilWaiting(handle);
        await handle.executeUpdate(skipStepUpdate, { args: [APPROVED] });
        const { outcome } = await handle.result();
        const about = environment.client.workflow.getHandle(containedWatchId(credentialId, 1)).describe();
        return [
          outcome,
          await about.then(
            ({ status }) => status.name,
            () => 'NONE',
          ),
        ];
      },
      { keepWatch: true },
    );
  };

  expect(await ended(undefined)).toEqual(['contained-and-rolled-back', 'RUNNING']);
  expect(await ended(loadSeparable)).toEqual(['contained-and-rolled-back', 'NONE']);
});

it.each([
  [
    'revoked, where the gateways refuse it, and not proven',
    'RUNNING',
    { loadCredential: loadSeparable, verifyDead: denied },
  ],
  ['perhaps revoked, in a lane', 'RUNNING', { loadCredential: loadSeparable, revokeVersion: denied }, 'maybe-revoked'],
  ['perhaps restored: the inventory knows', 'RUNNING', { createReplacement: denied, liftContainment: denied }],
  ['proven dead, and has its own', 'NONE', { notifyAudience: unlessResolved }],
] as const)(
  'is left by an incident that is cancelled while it is %s: %s',
  async (_what, expected, given, kind = undefined) => {
    const { activities } = fakeActivities(given);

    const status = await withIncident(
      environment,
      activities,
      sampleInput(),
      async (handle) => {
        const { credentialId, incident } = await eventually(
          () => handle.query(stateQuery),
          (now) => now.incident.stage === 'waiting-for-person' || now.incident.milestones.verified !== undefined,
        );
        if ('liftContainment' in given) {
          await handle.executeUpdate(markFalsePositiveUpdate, { args: [APPROVED] });
          await eventually(
            () => handle.query(stateQuery),
            (now) => JSON.stringify(now).includes('Could not lift'),
          );
        }
        expect(incident.milestones.contained).toBeDefined();
        await handle.cancel();
        await expect(handle.result()).rejects.toThrow();
        const about = environment.client.workflow.getHandle(containedWatchId(credentialId, 1, kind)).describe();
        return about.then(
          (description) => description.status.name,
          () => 'NONE',
        );
      },
      { keepWatch: true },
    );

    expect(status).toBe(expected);
  },
);

function statusOf(handle: { describe(): Promise<{ status: { name: string } }> }): Promise<string> {
  return handle.describe().then(
    ({ status }) => status.name,
    () => 'NONE',
  );
}

it('is one for a version: what its incidents knew counts, and no exercise ends it', async () => {
  let knownAgainst: KnownAgainst | undefined;
  const { activities } = fakeActivities({
    loadCredential: () =>
      Promise.resolve({
        credential: sampleCredential(),
        version: { ...sampleVersion(), ...(knownAgainst ? { knownAgainst } : {}) },
      }),
    closeAudit: ({ known }) => {
      knownAgainst = known;
      return Promise.resolve({ at: 1 });
    },
    createReplacement: () => Promise.reject(refusal('PROVIDER_REFUSED')),
  });

  const known = await withIncident(
    environment,
    activities,
    sampleInput(),
    async (first) => {
      const { credentialId } = await untilWaiting(first);
      const watching = environment.client.workflow.getHandle(containedWatchId(credentialId, 1));
      const endOf = async (handle: LeakHandle) => {
        await untilWaiting(handle);
        await handle.executeUpdate(skipStepUpdate, { args: [APPROVED] });
        await handle.result();
        const { events } = await watching.fetchHistory();
        const begun = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0];
        if (!begun) throw new Error('the watch was not begun');
        return defaultPayloadConverter.fromPayload<WatchInput>(begun).evidence?.severity;
      };
      const { taskQueue } = await first.describe();
      const { assessment, ...input } = sampleInput();
      const again = async (severity: Severity, more: Partial<IncidentInput> = {}) => {
        const handle = await environment.client.workflow.start<typeof respondToLeak>('respondToLeak', {
          workflowId: first.workflowId,
          taskQueue,
          args: [{ ...input, credentialId, assessment: { ...assessment, severity }, ...more }],
        });
        const { runId } = await watching.describe();
        const known = await endOf(handle);
        return [known, (await watching.describe()).runId === runId ? 'the same' : 'another'];
      };
      const ofFirst = await endOf(first);
      const rest = [await again('critical'), await again('high'), await again('high', { simulated: true })];
      const ofExercise = environment.client.workflow.getHandle(containedWatchId(credentialId, 1, 'exercise'));
      const states = await Promise.all([watching, ofExercise].map(statusOf));
      return [ofFirst, ...rest, ...states];
    },
    { keepWatch: true },
  );

  expect(known).toEqual([
    'high',
    ['critical', 'another'],
    ['critical', 'another'],
    ['critical', 'the same'],
    'RUNNING',
    'NONE',
  ]);
});

it('is one of its own for an exercise, where no leak is known', async () => {
  const { activities } = fakeActivities({ createReplacement: () => Promise.reject(refusal('PROVIDER_REFUSED')) });

  const states = await withIncident(
    environment,
    activities,
    sampleInput({ simulated: true }),
    async (handle) => {
      const { credentialId } = await untilWaiting(handle);
      await handle.executeUpdate(skipStepUpdate, { args: [APPROVED] });
      await handle.result();
      const kinds = ['contained', 'exercise'].map((kind) => containedWatchId(credentialId, 1, kind));
      return Promise.all(kinds.map((id) => statusOf(environment.client.workflow.getHandle(id))));
    },
    { keepWatch: true },
  );

  expect(states).toEqual(['NONE', 'RUNNING']);
});

it('tells at its end of what works again while an incident runs, when nobody has heard of it', async () => {
  const told: string[] = [];
  const { activities } = fakeActivities({
    verifyDead: denied,
    checkDrift: () => Promise.resolve({ drift: 'it works again', control: 2, isUnproven: true }),
    notifyAudience: ({ notice }) => {
      told.push(notice.summary);
      return Promise.resolve({ at: 6, channels: 1 });
    },
  });

  await withIncident(environment, activities, sampleInput(), async (handle) => {
    const { credentialId } = await untilWaiting(handle);
    await watchBeside(handle, credentialId, 61_000);
    await handle.terminate();
  });

  expect(told.filter((text) => text.includes('works again: it works again'))).toHaveLength(1);
});

it('is believed only of what was refused to everybody: in a lane it works, and must', async () => {
  const { activities, calls } = fakeActivities({
    loadCredential: loadSeparable,
    createReplacement: () => Promise.reject(refusal('PROVIDER_REFUSED')),
  });

  await withIncident(environment, activities, sampleInput(), async (handle) => {
    await untilWaiting(handle);
    await handle.signal(worksAgainSignal, { evidence: 'accepted' });
    const view = await eventually(
      () => handle.query(stateQuery),
      (now) => notesOf(now).includes('works again'),
    );
    expect(notesOf(view)).not.toContain('refused again');
    await handle.terminate();
  });

  expect(calls.filter((name) => name === 'containVersion')).toHaveLength(1);
});

/** A watch of what an incident refuses, from before it was begun: until it ends. */
async function watchBeside(handle: LeakHandle, credentialId: string, forMs: number) {
  const now = await environment.currentTimeMs();
  const watching = await environment.client.workflow.start<typeof watchContainment>('watchContainment', {
    workflowId: watchId(credentialId, 1),
    taskQueue: (await handle.describe()).taskQueue,
    args: [
      {
        ...{ credentialId, version: 1, policy: DEFAULT_POLICY, incident: handle.workflowId, replacement: 2 },
        ...{ since: now, until: now + forMs, checks: 0, contained: true },
      },
    ],
  });
  return watching.result();
}

function denied(): Promise<never> {
  return Promise.reject(refusal('PROVIDER_ADMIN_DENIED'));
}

/** What nobody can be told for as long as it is tried. */
function unlessResolved({
  notice,
}: Parameters<Activities['notifyAudience']>[0]): Promise<{ at: number; channels: number }> {
  return notice.kind === 'resolved'
    ? Promise.reject(new Error('no channel answers'))
    : Promise.resolve({ at: 6, channels: 1 });
}
