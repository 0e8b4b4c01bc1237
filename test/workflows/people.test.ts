import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { DEFAULT_ESCALATION } from '../../domain/escalation';
import { DEFAULT_POLICY, type Policy } from '../../domain/policy';
import {
  acknowledgeUpdate,
  approveStepUpdate,
  extendOverlapUpdate,
  lowerSeverityUpdate,
  markFalsePositiveUpdate,
  pendingQuestionsQuery,
  planQuery,
  raiseSeverityUpdate,
  rejectStepUpdate,
  retryStepUpdate,
  skipStepUpdate,
  stateQuery,
  timelineQuery,
} from '../../workflows/messages';
import { eventually } from '../support/eventually';
import {
  fakeActivities,
  refusal,
  sampleAssessment,
  sampleCredential,
  sampleInput,
  sampleVersion,
} from '../support/fake-activities';
import { APPROVED, silentFor, secondReplacementWorks } from '../support/outcome-scenarios';
import { refusalOf, untilWaiting, withIncident, type LeakHandle } from '../support/run-incident';
import { timeSkippingEnvironment } from '../support/time-skipping-environment';

const PERSON = { actor: 'ana@example.com', note: 'seen' };
/** Asks before it revokes: one kind of evidence alone. */
const ASKS = sampleInput({ assessment: sampleAssessment({ families: ['origin'] }) });

let environment: TestWorkflowEnvironment;

// A server each: what one leaves open must not stop the clock of another.
beforeEach(async () => {
  environment = await timeSkippingEnvironment();
});

afterEach(async () => {
  await environment.teardown();
});

describe('what a person can send', () => {
  it('is refused at once when it has not the right shape, and nothing of it is in the history', async () => {
    const { activities, calls } = fakeActivities();

    await withIncident(environment, activities, ASKS, async (handle) => {
      await untilWaiting(handle);
      const refusals = await Promise.all([
        refusalOf(handle.executeUpdate(approveStepUpdate, { args: [{ actor: ' ', note: '' }] })),
        refusalOf(handle.executeUpdate(rejectStepUpdate, { args: [{ ...PERSON, note: ' ' }] })),
        refusalOf(handle.executeUpdate(retryStepUpdate, { args: [PERSON] })),
        refusalOf(handle.executeUpdate(approveStepUpdate, { args: [{ ...PERSON, question: 7 }] })),
        refusalOf(handle.executeUpdate(lowerSeverityUpdate, { args: [{ ...PERSON, severity: 'low' }] })),
        refusalOf(handle.executeUpdate(lowerSeverityUpdate, { args: [{ ...APPROVED, severity: 'critical' }] })),
        refusalOf(handle.executeUpdate(raiseSeverityUpdate, { args: [{ ...PERSON, severity: 'low' }] })),
        refusalOf(
          handle.executeUpdate(markFalsePositiveUpdate, { args: [{ ...PERSON, approval: 'x'.repeat(3_000) }] }),
        ),
        refusalOf(handle.executeUpdate(extendOverlapUpdate, { args: [{ ...APPROVED, seconds: 60 }] })),
      ]);

      expect(refusals.map((text) => text.split(' < ')[1])).toEqual([
        'say who you are in `actor`',
        'say why in `note`',
        'this question is answered by approveStep or rejectStep',
        'that question is not open any more: read question 1 first',
        'this loosens: put what `tourniquet approve` printed into `approval`',
        '`severity` must be less grave than high',
        '`severity` must be graver than high',
        '`approval` must be what `tourniquet approve` printed',
        'no dependents are being moved now',
      ]);
      expect(calls).not.toContain('recordDecision');
      expect(calls).not.toContain('useApproval');
      await handle.terminate();
    });
  });

  it('can be asked for: the plan, the timeline, and what is waited for with the answers to it', async () => {
    await withIncident(environment, fakeActivities().activities, ASKS, async (handle) => {
      await untilWaiting(handle);

      expect(await handle.query(pendingQuestionsQuery)).toEqual([
        expect.objectContaining({ kind: 'revoke', number: 1, answers: ['approveStep', 'rejectStep'] }),
      ]);
      expect(await handle.query(planQuery)).toMatchObject({ revoke: 'ask' });
      expect((await handle.query(timelineQuery)).at(-1)?.note).toContain('Revoke it for ever?');
      await handle.terminate();
    });
  });

  it('does nothing that loosens when the approval is refused', async () => {
    const { activities, calls } = fakeActivities({ useApproval: () => Promise.reject(refusal('APPROVAL_REFUSED')) });

    await withIncident(environment, activities, ASKS, async (handle) => {
      await untilWaiting(handle);
      for (const update of [
        handle.executeUpdate(markFalsePositiveUpdate, { args: [APPROVED] }),
        handle.executeUpdate(lowerSeverityUpdate, { args: [{ ...APPROVED, severity: 'low' }] }),
        handle.executeUpdate(approveStepUpdate, { args: [APPROVED] }),
      ])
        expect(await refusalOf(update)).toContain('APPROVAL_REFUSED');

      const { incident } = await handle.query(stateQuery);
      expect(incident).toMatchObject({ stage: 'waiting-for-person', evidence: { severity: 'high' } });
      expect(calls).not.toContain('liftContainment');
      expect(calls).not.toContain('recordDecision');
      await handle.terminate();
    });
  });

  it('goes past a spent budget only with a signed approval; a bare name is asked again', async () => {
    const decided: (string | undefined)[] = [];
    const { activities } = fakeActivities({
      revokeVersion: ({ decidedBy }) => {
        decided.push(decidedBy);
        return decidedBy
          ? Promise.resolve({ at: 9, evidence: 'gone' })
          : Promise.reject(refusal('ACTION_BUDGET_SPENT'));
      },
    });

    await withIncident(environment, activities, sampleInput(), async (handle) => {
      await untilQuestion(handle, 1);
      await handle.executeUpdate(approveStepUpdate, { args: [PERSON] });
      await untilQuestion(handle, 2);
      await handle.executeUpdate(approveStepUpdate, { args: [APPROVED] });
      expect((await handle.result()).outcome).toBe('recovered');
    });

    expect(decided).toEqual([undefined, undefined, APPROVED.actor]);
  });

  it('raises the severity by a name alone; the refusal and the plan follow', async () => {
    const { activities, calls } = fakeActivities({
      loadCredential: () =>
        Promise.resolve({ credential: sampleCredential({ enforcement: 'gateway' }), version: sampleVersion() }),
    });
    const medium = sampleInput({ assessment: sampleAssessment({ severity: 'medium', families: ['origin'] }) });

    await withIncident(environment, activities, medium, async (handle) => {
      await untilWaiting(handle);
      expect(calls).not.toContain('containVersion');
      await handle.executeUpdate(raiseSeverityUpdate, { args: [{ ...PERSON, severity: 'critical' }] });
      await eventually(
        () => calls,
        (made) => made.includes('containVersion'),
      );
      expect((await handle.query(stateQuery)).plan).toMatchObject({ severity: 'critical' });
      await handle.terminate();
    });
  });

  it('restores nothing after the one-way door', async () => {
    const { activities, calls } = fakeActivities({ verifyDead: () => Promise.reject(refusal('COULD_NOT_TELL')) });

    await withIncident(environment, activities, sampleInput(), async (handle) => {
      await untilWaiting(handle);
      expect(await refusalOf(handle.executeUpdate(markFalsePositiveUpdate, { args: [APPROVED] }))).toContain(
        'it is never enabled again',
      );
      expect(await refusalOf(handle.executeUpdate(skipStepUpdate, { args: [APPROVED] }))).toContain(
        'answered by retryStep',
      );
      await handle.terminate();
    });

    expect(calls).not.toContain('liftContainment');
  });
});

describe('silence', () => {
  it('climbs the ladder step by step, each with its own people', async () => {
    const paged: string[] = [];
    const { activities } = fakeActivities({
      notifyAudience: ({ audience, notice }) => {
        if (notice.kind === 'person-needed') paged.push(audience);
        return Promise.resolve({ at: 6, channels: 1 });
      },
    });
    const policy: Policy = {
      ...DEFAULT_POLICY,
      escalation: {
        ...DEFAULT_ESCALATION,
        steps: [
          { tell: ['security'], afterSeconds: 0 },
          { tell: ['security', 'on-call'], afterSeconds: 300 },
          { tell: ['head-of-engineering'], afterSeconds: 900 },
        ],
      },
    };

    await withIncident(environment, activities, { ...ASKS, policy }, async (handle) => {
      await untilWaiting(handle);
      await environment.sleep('11m');
      expect(paged.slice(0, 1)).toEqual(['security']);
      expect(paged.slice(1).sort()).toEqual(['on-call', 'security']);
      await environment.sleep('10m');
      expect(paged.slice(3)[0]).toBe('head-of-engineering');
      await handle.executeUpdate(acknowledgeUpdate, { args: [PERSON] });
      const before = paged.length;
      await environment.sleep('3h');
      expect(paged).toHaveLength(before);
      await handle.terminate();
    });
  });

  it('contains after half an hour what nobody could be told apart for, and never a break-glass credential', async () => {
    const nobodyKnown = sampleCredential({ enforcement: 'gateway' });
    const medium = sampleInput({ assessment: sampleAssessment({ severity: 'medium', families: ['origin'] }) });
    const run = async (credential: typeof nobodyKnown): Promise<readonly string[]> => {
      const { activities, calls } = fakeActivities({
        loadCredential: () => Promise.resolve({ credential, version: sampleVersion() }),
      });
      await withIncident(environment, activities, medium, async (handle) => {
        await untilWaiting(handle);
        await environment.sleep('40m');
        await handle.terminate();
      });
      return calls;
    };

    expect(await run(nobodyKnown)).toContain('containVersion');
    expect(await run({ ...nobodyKnown, protection: 'break-glass' })).not.toContain('containVersion');
  });

  it('tries a failed step again with every page, and goes on when its cause is gone', async () => {
    let tries = 0;
    const { activities } = fakeActivities({
      createReplacement: () =>
        ++tries < 3
          ? Promise.reject(refusal('PROVIDER_ADMIN_DENIED'))
          : Promise.resolve({ at: 2, version: 2, publicId: 'orders_v2' }),
    });

    const result = await withIncident(environment, activities, sampleInput(), (handle) => handle.result());

    expect(result.outcome).toBe('recovered');
    expect(tries).toBe(3);
    expect(result.view.incident.timeline.map(({ note }) => note)).toContain('nobody answered: tried again');
  });

  it('ends none whose version is revoked and whose dependents have nothing that works, however long nobody answers', async () => {
    let denied = true;
    let minted = 1;
    const { activities } = secondReplacementWorks({
      createReplacement: () =>
        minted > 1 && denied
          ? Promise.reject(refusal('PROVIDER_ADMIN_DENIED'))
          : Promise.resolve({ at: 2, version: ++minted, publicId: `orders_v${minted}` }),
    });

    const { outcome } = await withIncident(environment, activities, sampleInput({}, silentFor(60)), async (handle) => {
      await untilWaiting(handle);
      await environment.sleep('2 hours');
      expect((await handle.query(stateQuery)).incident.stage).toBe('waiting-for-person');
      denied = false;
      await handle.executeUpdate(retryStepUpdate, { args: [APPROVED] });
      return handle.result();
    });

    expect(outcome).toBe('recovered');
  });

  it('ends an incident at last, contained, and tells everybody that it did', async () => {
    const { activities, calls } = fakeActivities();

    const result = await withIncident(environment, activities, { ...ASKS, policy: silentFor(7_200) }, (handle) =>
      handle.result(),
    );

    expect(result.outcome).toBe('contained-waiting-for-person');
    expect(calls).toContain('notifyAudience product unresolved');
    expect(calls).not.toContain('revokeVersion');
    expect(calls).not.toContain('liftContainment');
  });
});

describe('a cancelled incident', () => {
  it('says that nobody looks after it any more, and lifts nothing', async () => {
    const { activities, calls } = fakeActivities();

    await withIncident(environment, activities, ASKS, async (handle) => {
      await untilWaiting(handle);
      await handle.cancel();
      await expect(handle.result()).rejects.toThrow();
    });

    expect(calls).toContain('notifyAudience security unresolved');
    expect(calls).not.toContain('liftContainment');
  });
});

function untilQuestion(handle: LeakHandle, number: number): Promise<unknown> {
  return eventually(
    () => handle.query(stateQuery),
    ({ incident }) => incident.waiting?.number === number,
  );
}
