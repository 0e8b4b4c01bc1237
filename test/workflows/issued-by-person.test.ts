import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Activities } from '../../activities';
import {
  approveStepUpdate,
  detectionSignal,
  rejectStepUpdate,
  retryStepUpdate,
  skipStepUpdate,
  stateQuery,
} from '../../workflows/messages';
import { BY_PERSON, CRITICAL, issuedByPerson } from '../support/by-person-scenarios';
import { eventually } from '../support/eventually';
import { refusal, sampleAssessment, sampleInput, sampleVersion, SEPARABLE } from '../support/fake-activities';
import { APPROVED } from '../support/outcome-scenarios';
import { CRITICAL_SIGNAL } from '../support/recorded-scenarios';
import { notesOf, untilWaiting, withIncident, type LeakHandle } from '../support/run-incident';
import { timeSkippingEnvironment } from '../support/time-skipping-environment';

let environment: TestWorkflowEnvironment;

beforeEach(async () => {
  environment = await timeSkippingEnvironment();
});

afterEach(async () => {
  await environment.teardown();
});

const MENDED = { actor: 'ana', note: 'given' };
/** Certain, and not so grave that all use is refused at once by ending it. */
const WEAK = sampleInput({ assessment: sampleAssessment({ families: ['origin'] }) });

const untilAsked = (handle: LeakHandle, what: string, questions = 1) =>
  eventually(
    () => handle.query(stateQuery),
    ({ incident: { waiting } }) => waiting?.question.includes(what) === true && (waiting.number ?? 0) > questions,
  );

/** In what order it was answered. */
function storyOf(calls: readonly string[]): readonly string[] {
  const story = ['containVersion', 'createReplacement', 'moveDependent', 'revokeVersion', 'verifyDead'];
  return calls.map((call) => call.split(' ')[0] ?? '').filter((call) => story.includes(call));
}

it('is ended before anything replaces it, since it can be refused in no other way; then a person gives another', async () => {
  const { activities, calls, give } = issuedByPerson();

  const { outcome, view } = await withIncident(environment, activities, CRITICAL, async (handle) => {
    const waiting = await untilWaiting(handle);
    expect(waiting.incident.waiting?.question).toMatch(
      /is ENDED and needs another value, which github-token shows only to a person[^]*credential import[^]*checkout, billing/,
    );
    expect(storyOf(calls)).toEqual(['containVersion', 'revokeVersion']);
    give();
    await handle.executeUpdate(retryStepUpdate, { args: [MENDED] });
    return handle.result();
  });

  expect([outcome, view.replacement]).toEqual(['recovered', 2]);
  expect(storyOf(calls)).toEqual(['containVersion', 'revokeVersion', 'moveDependent', 'moveDependent', 'verifyDead']);
  const { revoked = 0, replaced, moved, verified } = view.incident.milestones;
  expect([revoked > 0, replaced, moved, verified].every((reached) => reached !== undefined)).toBe(true);
});

it('moves dependents first where another value is there already', async () => {
  const { activities, calls } = issuedByPerson({}, [2]);

  const { outcome } = await withIncident(environment, activities, CRITICAL, (handle) => handle.result());

  expect(outcome).toBe('recovered');
  expect(storyOf(calls)).toEqual(['containVersion', 'moveDependent', 'moveDependent', 'revokeVersion', 'verifyDead']);
});

it('waits for a person while a person must decide about ending it, and ends it when graver evidence decides that', async () => {
  const { activities, calls, give } = issuedByPerson();

  const { outcome } = await withIncident(environment, activities, WEAK, async (handle) => {
    const waiting = await untilWaiting(handle);
    expect(waiting.incident.waiting?.question).toContain('needs another value');
    expect(storyOf(calls)).toEqual(['containVersion']);
    await handle.signal(detectionSignal, CRITICAL_SIGNAL);
    const ended = await untilAsked(handle, 'is ENDED');
    expect([storyOf(calls).at(-1), notesOf(ended)]).toEqual(['revokeVersion', expect.stringContaining('revoked: ')]);
    give();
    await handle.executeUpdate(retryStepUpdate, { args: [MENDED] });
    return handle.result();
  });

  expect(outcome).toBe('recovered');
});

it('finds what was given though nobody says so', async () => {
  const { activities, give } = issuedByPerson();

  const { outcome } = await withIncident(environment, activities, CRITICAL, async (handle) => {
    await untilWaiting(handle);
    give();
    return handle.result();
  });

  expect(outcome).toBe('recovered');
});

it('asks for another one when what was given does not work', async () => {
  const { activities, calls, give } = issuedByPerson({
    verifyDead: ({ control }) =>
      control === 2
        ? Promise.reject(refusal('CONTROL_REFUSED'))
        : Promise.resolve({ at: 5, proof: 'presented', evidence: 'old refused, control accepted' }),
  });

  const { outcome, view } = await withIncident(environment, activities, CRITICAL, async (handle) => {
    await untilWaiting(handle);
    give();
    await handle.executeUpdate(retryStepUpdate, { args: [MENDED] });
    await untilAsked(handle, 'needs another value');
    give(3);
    await handle.executeUpdate(retryStepUpdate, { args: [MENDED] });
    return handle.result();
  });

  expect([outcome, view.replacement]).toEqual(['recovered', 3]);
  expect(calls).not.toContain('createReplacement');
});

it('ends as it is when a person says that nothing replaces it, and says that it is not proven dead', async () => {
  const { activities } = issuedByPerson();

  const { outcome, view } = await withIncident(environment, activities, CRITICAL, async (handle) => {
    await untilWaiting(handle);
    await handle.executeUpdate(skipStepUpdate, { args: [APPROVED] });
    return handle.result();
  });

  expect(outcome).toBe('contained-waiting-for-person');
  expect(notesOf(view)).toMatch(/NOT proven dead/);
});

it('is ended though a later version that is called live does not work, and nobody is asked about that', async () => {
  const { activities, calls, give } = issuedByPerson(
    {
      testReplacement: ({ replacement }) =>
        replacement === 2 ? Promise.reject(refusal('REPLACEMENT_REJECTED')) : Promise.resolve(),
      createReplacement: () => Promise.reject(refusal('REPLACEMENT_BY_PERSON')),
    },
    [2],
  );

  const { outcome, view } = await withIncident(environment, activities, CRITICAL, async (handle) => {
    const asked = await untilWaiting(handle);
    expect([asked.incident.waiting?.number, asked.incident.waiting?.question]).toEqual([
      expect.any(Number),
      expect.stringContaining('is ENDED'),
    ]);
    expect(storyOf(calls)).toContain('revokeVersion');
    give(3);
    await handle.executeUpdate(retryStepUpdate, { args: [MENDED] });
    return handle.result();
  });

  expect([outcome, view.replacement]).toEqual(['recovered', 3]);
});

it('is replaced though it can not be ended, which people are told, and is ended when it can', async () => {
  let mended = false;
  const told: string[] = [];
  const { activities, calls, give } = issuedByPerson({
    revokeVersion: () =>
      mended ? Promise.resolve({ at: 5, evidence: 'ended' }) : Promise.reject(refusal('PROVIDER_REFUSED')),
    notifyAudience: ({ notice }) => {
      told.push(notice.summary);
      return Promise.resolve({ at: 6, channels: 1 });
    },
  });

  const { outcome } = await withIncident(environment, activities, CRITICAL, async (handle) => {
    const asked = await untilWaiting(handle);
    expect(asked.incident.waiting?.question).toMatch(/needs another value[^]*NOT known/);
    give();
    mended = true;
    await handle.executeUpdate(retryStepUpdate, { args: [MENDED] });
    return handle.result();
  });

  expect(outcome).toBe('recovered');
  expect(storyOf(calls).filter((call) => call === 'revokeVersion').length).toBeGreaterThan(1);
  expect(told.join('\n')).toMatch(/could NOT be ended: end it at github-token by hand/);
  expect(told.join('\n')).not.toContain('has lost access');
});

it('moves those of whom the person who gave the value has said that they use it', async () => {
  let given = false;
  const withUsers = { ...BY_PERSON, dependents: BY_PERSON.dependents.slice(0, 1) };
  const { activities, calls } = issuedByPerson({
    loadCredential: () =>
      Promise.resolve({
        credential: given ? withUsers : { ...BY_PERSON, dependents: [] },
        version: sampleVersion(),
        canQuarantine: false,
        canMint: false,
        ...(given ? { newer: 2, living: [2] } : {}),
      }),
  });

  await withIncident(environment, activities, CRITICAL, async (handle) => {
    await untilWaiting(handle);
    given = true;
    await handle.executeUpdate(retryStepUpdate, { args: [MENDED] });
    return handle.result();
  });

  expect(calls).toContain(`moveDependent ${withUsers.dependents[0]?.id}`);
});

it('asks a person anew whether to end it, when what yes would do has changed since they were asked', async () => {
  const { activities, calls, give } = issuedByPerson({
    loadCredential: () =>
      Promise.resolve({
        credential: { ...BY_PERSON, protection: 'break-glass' },
        version: sampleVersion(),
        canQuarantine: false,
        canMint: false,
        ...(isGiven ? { newer: 2, living: [2] } : { living: [] }),
      }),
  });
  let isGiven = false;

  const { outcome } = await withIncident(environment, activities, WEAK, async (handle) => {
    const first = await untilWaiting(handle);
    expect(first.incident.waiting?.question).toContain('Contain and replace it?');
    await handle.signal(detectionSignal, CRITICAL_SIGNAL);
    await untilAsked(handle, 'End it at github-token for ever, before anything replaces it?');
    expect(storyOf(calls)).toEqual([]);
    await handle.executeUpdate(approveStepUpdate, { args: [APPROVED] });
    await untilAsked(handle, 'is ENDED', 2);
    isGiven = true;
    give();
    await handle.executeUpdate(retryStepUpdate, { args: [MENDED] });
    return handle.result();
  });

  expect(outcome).toBe('recovered');
});

const loaded =
  (change: Partial<Pick<Awaited<ReturnType<Activities['loadCredential']>>, 'credential' | 'version'>>) => () =>
    Promise.resolve({
      credential: BY_PERSON,
      version: sampleVersion(),
      canQuarantine: false as const,
      canMint: false as const,
      living: [],
      ...change,
    });

it('is not ended for ever by a yes to replacing it, where it is what people mend things with', async () => {
  const { activities, calls } = issuedByPerson({
    loadCredential: loaded({ credential: { ...BY_PERSON, protection: 'break-glass' } }),
  });

  await withIncident(environment, activities, WEAK, async (handle) => {
    await untilWaiting(handle);
    await handle.executeUpdate(approveStepUpdate, { args: [APPROVED] });
    await untilAsked(handle, 'needs another value');
    await handle.signal(detectionSignal, CRITICAL_SIGNAL);
    const asked = await untilAsked(handle, 'before anything replaces it?', 2);
    expect(asked.incident.waiting?.question).toContain('STILL WORKS');
    expect(storyOf(calls)).toEqual(['containVersion']);
    await handle.executeUpdate(rejectStepUpdate, { args: [{ ...MENDED, note: 'not before we have another' }] });
    await untilAsked(handle, 'needs another value', 3);
    await environment.sleep('1h');
    expect(storyOf(calls)).toEqual(['containVersion']);
    await handle.executeUpdate(skipStepUpdate, { args: [APPROVED] });
    return handle.result();
  });
});

it('is ended when nobody can be moved to what is there, and people are asked after that', async () => {
  const { activities, calls } = issuedByPerson(
    { testReplacement: () => Promise.reject(refusal('PROVIDER_REFUSED')) },
    [2],
  );

  await withIncident(environment, activities, CRITICAL, async (handle) => {
    const asked = await untilWaiting(handle);
    expect(asked.incident.waiting?.question).toContain('Could not replace it');
    expect(storyOf(calls)).toEqual(['containVersion', 'revokeVersion']);
    await handle.executeUpdate(skipStepUpdate, { args: [APPROVED] });
    return handle.result();
  });
});

it('asks, and does not try without end, when nobody can be moved and it can not be ended', async () => {
  const { activities, calls } = issuedByPerson(
    {
      testReplacement: () => Promise.reject(refusal('PROVIDER_REFUSED')),
      revokeVersion: () => Promise.reject(refusal('PROVIDER_REFUSED')),
    },
    [2],
  );

  await withIncident(environment, activities, CRITICAL, async (handle) => {
    await untilWaiting(handle);
    expect(storyOf(calls).filter((call) => call === 'revokeVersion')).toHaveLength(1);
    await handle.executeUpdate(skipStepUpdate, { args: [APPROVED] });
    return handle.result();
  });
});

it('is ended when the lane of those who may use it is over, though nobody has given another', async () => {
  const laneUntil = Date.now() + 900_000;
  const { activities, calls } = issuedByPerson({
    loadCredential: loaded({ credential: { ...SEPARABLE, provider: 'github-token' } }),
    containVersion: () => Promise.resolve({ at: Date.now(), revision: 7, evidence: 'listed', laneUntil }),
  });

  await withIncident(environment, activities, CRITICAL, async (handle) => {
    const asked = await untilWaiting(handle);
    expect(asked.incident.waiting?.question).toContain('STILL WORKS');
    expect(asked.plan?.expectedGap).toMatch(/keep a narrow lane for \d+ s; [^]*since it is ended/);
    expect(storyOf(calls)).toEqual(['containVersion']);
    await environment.sleep('20m');
    const ended = await untilAsked(handle, 'is ENDED');
    expect(ended.incident.milestones.revoked).toBeDefined();
    await handle.executeUpdate(skipStepUpdate, { args: [APPROVED] });
    return handle.result();
  });

  expect(storyOf(calls)).toEqual(['containVersion', 'revokeVersion']);
});

it('is ended once more when a person says so of one that was revoked and never proven dead', async () => {
  const told: string[] = [];
  const { activities, calls } = issuedByPerson({
    loadCredential: loaded({ version: { ...sampleVersion(), state: 'revoked' } }),
    revokeVersion: () => Promise.reject(refusal('PROVIDER_REFUSED')),
    notifyAudience: ({ notice }) => {
      told.push(notice.summary);
      return Promise.resolve({ at: 6, channels: 1 });
    },
  });

  await withIncident(environment, activities, { ...CRITICAL, startedBy: 'ana' }, async (handle) => {
    const asked = await untilWaiting(handle);
    expect(asked.incident.waiting?.question).not.toContain('is ENDED');
    await handle.executeUpdate(skipStepUpdate, { args: [APPROVED] });
    return handle.result();
  });

  expect(storyOf(calls)).toContain('revokeVersion');
  expect(told.join('\n')).toContain('could NOT be ended');
});
