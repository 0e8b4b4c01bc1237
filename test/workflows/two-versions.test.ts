import { randomUUID } from 'node:crypto';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { incidentId, recordOf } from '../../domain/credential';
import type { DetectionMessage } from '../../domain/detection';
import { DEFAULT_POLICY } from '../../domain/policy';
import { publicIdSubject } from '../../domain/subject';
import { dispatch, type Dispatched, type DispatcherParts } from '../../workers/dispatcher/dispatcher';
import { Newcomers } from '../../workers/dispatcher/newcomers';
import type { respondToLeak } from '../../workflows';
import { approveStepUpdate, stateQuery } from '../../workflows/messages';
import { fakeActivities, sampleAssessment, sampleCredential, sampleVersion } from '../support/fake-activities';
import { untilWaiting } from '../support/run-incident';
import { recordedLog } from '../support/recorded-log';
import { timeSkippingEnvironment } from '../support/time-skipping-environment';
import { testWorker } from '../support/test-worker';

const PERSON = { actor: 'ana@example.com', note: 'seen' };

describe('two versions of one credential', () => {
  const credential = sampleCredential({ id: `twice-${randomUUID().slice(0, 8)}` });
  const taskQueue = `twice-${randomUUID()}`;
  let environment: TestWorkflowEnvironment;

  beforeAll(async () => {
    environment = await timeSkippingEnvironment();
  });

  afterAll(() => environment.teardown());

  const handleOf = (version: number) =>
    environment.client.workflow.getHandle<typeof respondToLeak>(incidentId(credential.id, version));

  /** Use of a version as the dispatcher learns of it, where the inventory still takes it for a live one. */
  function used(version: number, id: string): Promise<Dispatched> {
    const subject = publicIdSubject('postgres-role', `orders/${credential.id}_v${version}`);
    const parts = {
      client: environment.client,
      taskQueue,
      policy: { ...DEFAULT_POLICY, watchSeconds: 0 },
      inventory: { lookup: () => recordOf(subject, credential, { version, state: 'live' }) },
      deliveries: { unhandled: (ids: string[]) => Promise.resolve(ids), markHandled: () => Promise.resolve() },
      newcomers: new Newcomers(),
      log: recordedLog().log,
    } as unknown as DispatcherParts;
    const assessment = sampleAssessment({ families: ['origin'] });
    const message = {
      detection: { id, detector: 'new-origin', family: 'origin', subject, at: 1, eventIds: [id] },
      assessment,
    };
    return dispatch(parts, [message as DetectionMessage]);
  }

  it('have an incident each, both open at once; each ends its own version, and is opened by no use of it later', async () => {
    const revoked: number[] = [];
    const { activities } = fakeActivities({
      loadCredential: ({ version }) => Promise.resolve({ credential, version: sampleVersion(version) }),
      createReplacement: ({ version }) =>
        Promise.resolve({ at: 2, version: version + 10, publicId: `orders_v${version + 10}` }),
      revokeVersion: ({ version }) => {
        revoked.push(version);
        return Promise.resolve({ at: 9, evidence: 'gone' });
      },
    });
    const { worker } = await testWorker(environment, activities, taskQueue);

    await worker.runUntil(async () => {
      expect([await used(1, 'a'), await used(2, 'b')]).toEqual(['joined', 'joined']);
      for (const version of [1, 2]) await untilWaiting(handleOf(version));

      await handleOf(1).executeUpdate(approveStepUpdate, { args: [PERSON] });
      const first = await handleOf(1).result();
      expect(first).toMatchObject({ outcome: 'recovered', view: { version: 1, replacement: 11 } });
      expect(revoked).toEqual([1]);
      // The other one goes on, and hears nothing of it.
      const second = await handleOf(2).query(stateQuery);
      expect(second).toMatchObject({ version: 2, incident: { stage: 'waiting-for-person', detections: 1 } });

      const run = (await handleOf(1).describe()).runId;
      expect(await used(1, 'c')).toBe('tripwire');
      expect((await handleOf(1).describe()).runId).toBe(run);
      expect((await handleOf(2).query(stateQuery)).incident.detections).toBe(1);

      await handleOf(2).executeUpdate(approveStepUpdate, { args: [PERSON] });
      expect(await handleOf(2).result()).toMatchObject({ outcome: 'recovered', view: { version: 2, replacement: 12 } });
      expect(revoked).toEqual([1, 2]);
    });
  });
});
