import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { KnownAgainst } from '../../domain/incident';
import {
  detectionSignal,
  extendOverlapUpdate,
  lowerSeverityUpdate,
  raiseSeverityUpdate,
  rejectStepUpdate,
  skipStepUpdate,
  stateQuery,
} from '../../workflows/messages';
import { eventually } from '../support/eventually';
import {
  fakeActivities,
  loadSeparable,
  MEDIUM,
  refusal,
  sampleAssessment,
  sampleCredential,
  sampleInput,
  sampleVersion,
  withOverlap,
} from '../support/fake-activities';
import { APPROVED } from '../support/outcome-scenarios';
import { CRITICAL_SIGNAL } from '../support/recorded-scenarios';
import { gate, notesOf, untilStage, untilWaiting, withIncident } from '../support/run-incident';
import { timeSkippingEnvironment } from '../support/time-skipping-environment';

let environment: TestWorkflowEnvironment;

beforeEach(async () => {
  environment = await timeSkippingEnvironment();
});

afterEach(async () => {
  await environment.teardown();
});

const PERSON = { actor: 'ana@example.com', note: 'seen' };
const HIGH = { severity: 'high', families: sampleAssessment().families, deterministic: false } as const;
const LOWERED: KnownAgainst = {
  evidence: sampleAssessment({ severity: 'low' }),
  judged: HIGH,
  assessed: 'high',
  wasHigh: true,
};

const knowing = (knownAgainst: KnownAgainst) => async () => {
  const { credential } = await loadSeparable();
  return { credential, version: { ...sampleVersion(), state: 'quarantined' as const, knownAgainst } };
};

it('keeps what a person has judged at once: no end of the incident loses it', async () => {
  const kept: (KnownAgainst | undefined)[] = [];
  const { activities } = fakeActivities({
    createReplacement: () => Promise.reject(refusal('PROVIDER_REFUSED')),
    keepKnown: ({ known }) => Promise.resolve(void kept.push(known)),
  });

  await withIncident(environment, activities, sampleInput(), async (handle) => {
    await untilWaiting(handle);
    await handle.executeUpdate(lowerSeverityUpdate, { args: [{ ...APPROVED, severity: 'medium' }] });
    await handle.terminate();
  });

  expect(kept).toMatchObject([{ evidence: { severity: 'medium' }, judged: { severity: 'high' }, wasHigh: true }]);
});

it('takes two people for more time also where an incident before was high, and one of them lowered it', async () => {
  const { activities } = fakeActivities({
    loadCredential: knowing(LOWERED),
    moveDependent: () => Promise.reject(refusal('DEPENDENT_NOT_MOVED', false)),
  });
  const input = sampleInput({ startedBy: 'detector' }, withOverlap(600));

  const [severity, answer] = await withIncident(environment, activities, input, async (handle) => {
    const { incident } = await untilStage(handle, 'replaced');
    const first = { ...APPROVED, seconds: 60 };
    const said = await handle.executeUpdate(extendOverlapUpdate, { args: [first] });
    await handle.terminate();
    return [incident.evidence.severity, said];
  });

  expect(severity).toBe('low');
  expect(answer).toContain('1 of 2 people');
});

it('asks a person again who said not to revoke it, whatever has come since, and keeps that for the next', async () => {
  const spared: KnownAgainst = { evidence: sampleAssessment({ families: ['origin'] }), spared: true };
  const kept: (KnownAgainst | undefined)[] = [];
  const { activities, calls } = fakeActivities({
    loadCredential: knowing(spared),
    closeAudit: ({ known }) => {
      kept.push(known);
      return Promise.resolve({ at: 1 });
    },
  });

  const { outcome } = await withIncident(environment, activities, sampleInput(), async (handle) => {
    await eventually(
      () => handle.query(stateQuery),
      ({ incident }) => incident.waiting?.kind === 'revoke',
    );
    await handle.signal(detectionSignal, CRITICAL_SIGNAL);
    await untilWaiting(handle);
    await handle.executeUpdate(rejectStepUpdate, { args: [PERSON] });
    return handle.result();
  });

  expect(outcome).toBe('contained-waiting-for-person');
  expect(calls).not.toContain('revokeVersion');
  expect(kept).toMatchObject([{ spared: true, evidence: { severity: 'critical' } }]);
});

it.each([
  ['not to revoke it past the budget', 'ACTION_BUDGET_SPENT', rejectStepUpdate],
  ['to leave out the revoke that failed', 'PROVIDER_ADMIN_DENIED', skipStepUpdate],
] as const)('keeps at once that somebody said %s', async (_what, code, update) => {
  const order: string[] = [];
  const { activities } = fakeActivities({
    revokeVersion: () => Promise.reject(refusal(code)),
    keepKnown: ({ known }) => Promise.resolve(void order.push(`kept, spared: ${known?.spared}`)),
    notifyAudience: ({ notice }) => {
      if (notice.kind === 'unresolved') order.push('told');
      return Promise.resolve({ at: 6, channels: 1 });
    },
  });

  await withIncident(environment, activities, sampleInput(), async (handle) => {
    await untilWaiting(handle);
    await handle.executeUpdate(update, { args: [APPROVED] });
    return handle.result();
  });

  expect(order.slice(0, 2)).toEqual(['kept, spared: true', 'told']);
});

it.each([
  ['what a person has said to be graver meanwhile stays', 'high', 'high', 'changed the severity to high'],
  ['what a person has called less, not knowing it, does not', 'low', 'critical', 'overtaken by what was known before'],
] as const)('%s', async (_what, severity, expected, note) => {
  const held = gate();
  const known: KnownAgainst =
    severity === 'high' ? LOWERED : { evidence: sampleAssessment({ severity: 'critical' }), assessed: 'critical' };
  const kept: string[] = [];
  const { activities } = fakeActivities({
    keepKnown: ({ known }) => Promise.resolve(void kept.push(known?.evidence.severity ?? 'nothing')),
    loadCredential: async () => {
      await held.opened;
      kept.push('read');
      return { ...(await knowing(known)()), credential: sampleCredential() };
    },
    createReplacement: () => Promise.reject(refusal('PROVIDER_REFUSED')),
  });

  const view = await withIncident(environment, activities, { ...MEDIUM, startedBy: 'detector' }, async (handle) => {
    const update = severity === 'high' ? raiseSeverityUpdate : lowerSeverityUpdate;
    await handle.executeUpdate(update, { args: [{ ...APPROVED, severity }] });
    held.open();
    const waiting = await untilWaiting(handle);
    await handle.terminate();
    return waiting;
  });

  expect(view.incident.evidence.severity).toBe(expected);
  expect(notesOf(view)).toContain(note);
  // Nothing takes the place of what was known before that was read.
  expect(kept).toEqual(['read', expected]);
});

it('follows a raise that was begun before it was known what it is about', async () => {
  const [asked, held] = [gate(), gate()];
  let read = (): void => undefined;
  const isRead = new Promise<void>((resolve) => (read = resolve));
  const { activities, calls } = fakeActivities({
    loadCredential: async () => {
      await asked.opened;
      return loadSeparable();
    },
    recordDecision: async () => {
      asked.open();
      await held.opened;
    },
    moveDependent: () => {
      read();
      return Promise.reject(refusal('DEPENDENT_NOT_MOVED', false));
    },
  });

  await withIncident(environment, activities, MEDIUM, async (handle) => {
    const raised = handle.executeUpdate(raiseSeverityUpdate, { args: [{ ...PERSON, severity: 'critical' }] });
    await isRead;
    const before = calls.filter((call) => call === 'containVersion').length;
    held.open();
    await raised;
    const after = await eventually(
      () => Promise.resolve(calls.filter((call) => call === 'containVersion').length),
      (times) => times > before,
    );
    expect([before, after]).toEqual([1, 2]);
    await handle.terminate();
  });
});

it('says nowhere that it is refused where it works: its provider can only end it', async () => {
  const told: string[] = [];
  const { activities } = fakeActivities({
    loadCredential: () =>
      Promise.resolve({ credential: sampleCredential(), version: sampleVersion(), canQuarantine: false as const }),
    notifyAudience: ({ notice }) => {
      told.push(`${notice.kind}${notice.endsOnly ? ', ends only' : ''}: ${notice.summary}`);
      return Promise.resolve({ at: 6, channels: 1 });
    },
  });
  const weak = sampleInput({ assessment: sampleAssessment({ families: ['origin'] }) });

  const { details, question } = await withIncident(environment, activities, weak, async (handle) => {
    const { incident } = await untilWaiting(handle);
    const metadata = await handle.query<{ currentDetails?: string }, []>('__temporal_workflow_metadata');
    await handle.executeUpdate(rejectStepUpdate, { args: [PERSON] });
    await handle.result();
    return { details: JSON.stringify(metadata), question: incident.waiting?.question };
  });

  const WORKS = 'At postgres-role it STILL WORKS until it is ended there.';
  expect(question).toContain(WORKS);
  expect(details).toContain('Refused at the gateways');
  for (const kind of ['contained, ends only', 'unresolved, ends only'])
    expect(told.filter((text) => text.startsWith(kind) && text.includes(WORKS))).not.toEqual([]);
  expect(told.join()).not.toContain('The version stays refused.');
});

const LISTED = { families: ['listed' as const], deterministic: true };
const LISTED_LOWERED: KnownAgainst = {
  evidence: sampleAssessment({ ...LISTED, severity: 'low' }),
  judged: { ...LISTED, severity: 'critical' },
  assessed: 'critical',
  wasHigh: true,
};

it.each([
  ['a detector', { startedBy: 'detector' }, 'low'],
  ['a scanner that pushes', { startedBy: 'feed:github' }, 'low'],
  ['the watch of the incident that was judged', { startedBy: 'watch', handedOver: true as const }, 'low'],
  ['a watch that has seen what was dead work again', { startedBy: 'watch' }, 'high'],
  ['a person', { startedBy: 'ana' }, 'high'],
])('goes by what a person has judged before, or not, when it is started by %s', async (_who, who, expected) => {
  const { activities } = fakeActivities({ loadCredential: knowing(LISTED_LOWERED) });
  const input = sampleInput({ ...who, assessment: sampleAssessment({ ...LISTED, severity: 'high' }) });

  const { view } = await withIncident(environment, activities, input, (handle) => handle.result());

  expect(view.incident.evidence.severity).toBe(expected);
});

it('keeps what came after the refusal was recorded also when it is cancelled, and ends when that can not be kept', async () => {
  const kept: (KnownAgainst | undefined)[] = [];
  const { activities } = fakeActivities({
    createReplacement: () => Promise.reject(refusal('PROVIDER_REFUSED')),
    keepKnown: ({ known }) => {
      kept.push(known);
      return Promise.reject(refusal('INTERNAL', false));
    },
  });
  const input = sampleInput({ assessment: sampleAssessment({ families: ['origin'] }) });

  await withIncident(environment, activities, input, async (handle) => {
    await untilWaiting(handle);
    await handle.signal(detectionSignal, CRITICAL_SIGNAL);
    await eventually(
      () => handle.query(stateQuery),
      ({ incident }) => incident.evidence.severity === 'critical',
    );
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow();
  });

  expect(kept[0]).toMatchObject({ evidence: { severity: 'critical' } });
});
