import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { incidentId } from '../../domain/credential';
import type { respondToLeak } from '../../workflows';
import { detectionSignal, stateQuery } from '../../workflows/messages';
import { fakeActivities, sampleAssessment, sampleInput } from '../support/fake-activities';
import { realServerEnvironment } from '../support/real-server-environment';
import { CRITICAL_SIGNAL } from '../support/recorded-scenarios';
import { testWorker } from '../support/test-worker';
import { workflowBundle } from '../support/workflow-bundle';

/** As many open the incident in the Web UI before a worker has taken it: their queries come with its first task. */
const ONLOOKERS = 12;
const EVIDENCE = { ...CRITICAL_SIGNAL, assessment: sampleAssessment() };

let environment: TestWorkflowEnvironment;

beforeAll(async () => {
  environment = await realServerEnvironment();
});

afterAll(() => environment.teardown());

describe('an incident that is looked at in its first workflow task, while more evidence comes', () => {
  it.each([0, 10, 30])('replays, so that another worker can go on (reads of %d ms)', async (readMs) => {
    const { activities } = fakeActivities();
    const credentialId = `onlookers-${randomUUID()}`;
    const input = { ...sampleInput(), policy: { ...sampleInput().policy, watchSeconds: 0 }, credentialId };
    const workflowId = incidentId(credentialId, input.version);
    const handle = environment.client.workflow.getHandle<typeof respondToLeak>(workflowId);
    const { worker, taskQueue } = await testWorker(environment, {
      ...activities,
      loadCredential: async (about) => {
        await handle.signal(detectionSignal, { ...EVIDENCE, count: 2 });
        await delay(readMs);
        return activities.loadCredential(about);
      },
    });
    await environment.client.workflow.signalWithStart<typeof respondToLeak, [typeof EVIDENCE]>('respondToLeak', {
      workflowId,
      taskQueue,
      args: [input],
      signal: detectionSignal,
      signalArgs: [EVIDENCE],
    });
    // On a busy machine the server gives one up that waited for ten seconds: it is the others that meet the evidence.
    const looks = Promise.allSettled(Array.from({ length: ONLOOKERS }, () => handle.query(stateQuery)));
    // They have reached the server by then, and wait for a worker.
    await delay(300);

    const [looked] = await worker.runUntil(() => Promise.all([looks, handle.result()]));

    expect(looked.map(({ status }) => status)).toContain('fulfilled');
    const replayed = Worker.runReplayHistory({ workflowBundle }, await handle.fetchHistory(), workflowId);
    await expect(replayed).resolves.toBeUndefined();
  });
});
