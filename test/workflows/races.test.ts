import type { TestWorkflowEnvironment } from '@temporalio/testing';
import {
  addNoteUpdate,
  detectionSignal,
  lowerSeverityUpdate,
  markFalsePositiveUpdate,
  progressSignal,
  raiseSeverityUpdate,
  stateQuery,
} from '../../workflows/messages';
import { eventually } from '../support/eventually';
import { fakeActivities, loadSeparable, refusal, sampleAssessment, sampleInput } from '../support/fake-activities';
import { APPROVED, silentFor } from '../support/outcome-scenarios';
import { CRITICAL_SIGNAL } from '../support/recorded-scenarios';
import { endWorkflow } from '../support/end-workflow';
import { gate, untilWaiting, withIncident } from '../support/run-incident';
import { timeSkippingEnvironment } from '../support/time-skipping-environment';

const PERSON = { actor: 'ana@example.com', note: 'seen' };
const ASKS = sampleInput({ assessment: sampleAssessment({ severity: 'medium', families: ['origin'] }) });

let environment: TestWorkflowEnvironment;

beforeEach(async () => {
  environment = await timeSkippingEnvironment();
});

afterEach(async () => {
  await environment.teardown();
});

describe('what comes while something else is under way', () => {
  it('a time that no clock shows is no signal: the incident goes on', async () => {
    await withIncident(
      environment,
      fakeActivities({ loadCredential: loadSeparable }).activities,
      ASKS,
      async (handle) => {
        await untilWaiting(handle);
        await handle.signal(progressSignal, { type: 'noted', at: 1.7e18, note: 'x' });
        await handle.signal(detectionSignal, {
          ...CRITICAL_SIGNAL,
          assessment: sampleAssessment({ severity: 'critical', firstAbuseAt: 1.7e18 }),
        });

        expect(await handle.executeUpdate(addNoteUpdate, { args: [PERSON] })).toBe('noted');
        expect((await handle.query(stateQuery)).incident.evidence.severity).toBe('medium');
        await endWorkflow(handle);
      },
    );
  });

  it.each([
    ['a raise to less', raiseSeverityUpdate, { ...PERSON, severity: 'high' as const }],
    ['a lowering', lowerSeverityUpdate, { ...APPROVED, severity: 'low' as const }],
  ])('graver evidence wins over %s that was on its way', async (_what, update, input) => {
    const audit = gate();
    const { activities, calls } = fakeActivities({ loadCredential: loadSeparable, recordDecision: () => audit.opened });

    await withIncident(environment, activities, ASKS, async (handle) => {
      await untilWaiting(handle);
      const sent = handle.executeUpdate(update, { args: [input] }).catch((error: Error) => error);
      await eventually(
        () => calls,
        (made) => made.includes('recordDecision'),
      );
      await handle.signal(detectionSignal, CRITICAL_SIGNAL);
      await eventually(
        () => handle.query(stateQuery),
        ({ incident }) => incident.evidence.severity === 'critical',
      );
      audit.open();

      expect(await sent).toBeInstanceOf(Error);
      expect((await handle.query(stateQuery)).incident.evidence.severity).toBe('critical');
      await endWorkflow(handle);
    });
  });

  it('graver evidence while it is being put in force tightens what was put in force', async () => {
    const asked = gate();
    const written: string[] = [];
    const { activities, calls } = fakeActivities({
      loadCredential: loadSeparable,
      containVersion: ({ plan }) => {
        written.push(`${plan.severity} ${plan.overlapSeconds}`);
        return Promise.resolve({ at: Date.now(), revision: 7, evidence: 'listed' });
      },
      confirmInForce: () => asked.opened.then(() => ({ at: Date.now(), gateways: ['gateway'], behind: [] })),
    });

    await withIncident(environment, activities, ASKS, async (handle) => {
      await eventually(
        () => calls,
        (made) => made.includes('confirmInForce'),
      );
      await handle.signal(detectionSignal, CRITICAL_SIGNAL);
      asked.open();
      await eventually(
        () => written,
        (entries) => entries.length > 1,
      );
      await endWorkflow(handle);
    });

    expect(written).toEqual(['medium 14400', 'critical 60']);
  });

  it('a false positive is refused once the incident is being closed, and closes nothing twice', async () => {
    const closing = gate();
    const { activities, calls } = fakeActivities({
      closeAudit: () => closing.opened.then(() => ({ at: 9 })),
    });

    const input = { ...ASKS, policy: silentFor(1, { escalateEverySeconds: 1 }) };
    const result = await withIncident(
      environment,
      activities,
      { ...input, assessment: sampleAssessment({ families: ['origin'] }) },
      async (handle) => {
        await eventually(
          () => calls,
          (made) => made.includes('closeAudit'),
        );
        const refused = await handle
          .executeUpdate(markFalsePositiveUpdate, { args: [APPROVED] })
          .catch((error: Error) => error);
        expect(String((refused as Error).cause)).toContain('is being closed');
        closing.open();
        return handle.result();
      },
    );

    expect(result.outcome).toBe('contained-waiting-for-person');
    expect(calls.filter((call) => call === 'closeAudit')).toHaveLength(1);
    expect(calls).not.toContain('liftContainment');
  });

  it('an incident whose gateways never answered ends contained, and can be opened again', async () => {
    const { activities } = fakeActivities({
      loadCredential: loadSeparable,
      confirmInForce: () => Promise.reject(refusal('PROVIDER_REFUSED')),
    });

    const { outcome, view } = await withIncident(
      environment,
      activities,
      sampleInput({}, silentFor(1, { escalateEverySeconds: 1 })),
      (handle) => handle.result(),
    );

    expect([outcome, view.incident.outcome, view.incident.stage]).toEqual([
      'contained-waiting-for-person',
      'contained-waiting-for-person',
      'closed',
    ]);
  });

  it('a blind look is no silence: at medium a person is asked before anything is revoked', async () => {
    const { activities, calls } = fakeActivities({
      loadCredential: loadSeparable,
      observeUse: () => Promise.reject(refusal('PROVIDER_REFUSED')),
    });
    const input = sampleInput({ assessment: sampleAssessment({ severity: 'medium', deterministic: true }) });

    await withIncident(environment, activities, input, async (handle) => {
      await untilWaiting(handle);
      expect((await handle.query(stateQuery)).incident.waiting?.question).toContain('could not be looked at');
      expect(calls).not.toContain('revokeVersion');
      await endWorkflow(handle);
    });
  });
});
