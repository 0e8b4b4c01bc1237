import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { incidentId, recordOf } from '../../domain/credential';
import type { DetectionMessage } from '../../domain/detection';
import { DEFAULT_POLICY } from '../../domain/policy';
import { publicIdSubject } from '../../domain/subject';
import { DetectionLines } from '../../workers/dispatcher/detection-lines';
import { dispatch, type DispatcherParts } from '../../workers/dispatcher/dispatcher';
import { Newcomers } from '../../workers/dispatcher/newcomers';
import type { respondToLeak } from '../../workflows';
import { addNoteUpdate, detectionSignal, stateQuery } from '../../workflows/messages';
import {
  fakeActivities,
  sampleAssessment,
  sampleCredential,
  sampleDetection,
  sampleVersion,
} from '../support/fake-activities';
import { untilWaiting } from '../support/run-incident';
import { recordedLog } from '../support/recorded-log';
import type { LeakHandle } from '../support/run-incident';
import { timeSkippingEnvironment } from '../support/time-skipping-environment';
import { testWorker } from '../support/test-worker';

type Batch = readonly [DetectionMessage, ...DetectionMessage[]];

const DETECTIONS = 100_000;
const MINUTE = 60_000;

const credential = sampleCredential({ id: `flooded-${randomUUID().slice(0, 8)}` });
const subject = publicIdSubject('postgres-role', `orders/${credential.id}`);

/** One kind of evidence alone: the incident asks before it revokes, and so it stays open. */
function detection(n: number): DetectionMessage {
  const severity = n === DETECTIONS / 2 ? 'critical' : n % 3 === 0 ? 'medium' : 'high';
  return {
    detection: sampleDetection({
      id: `detection-${n}`,
      subject,
      at: 1_700_000_000_000 + n,
      severity,
      reason: `finding ${n}`,
    }),
    assessment: sampleAssessment({ severity, families: ['origin'], reason: `finding ${n}` }),
  };
}

/** What the dispatcher makes of them when they come within a minute, by a simulated clock. */
async function coalesced(): Promise<readonly Batch[]> {
  jest.useFakeTimers();
  try {
    const batches: Batch[] = [];
    const lines = new DetectionLines<DetectionMessage>(
      ({ assessment }) => assessment.severity,
      (_line, batch) => {
        batches.push([...batch]);
        return Promise.resolve(true);
      },
    );
    for (let at = 0, n = 0; at < MINUTE; at += 10) {
      for (; n < ((at + 10) * DETECTIONS) / MINUTE; n++) lines.add('incident', detection(n));
      await jest.advanceTimersByTimeAsync(10);
    }
    lines.flushAll();
    return batches;
  } finally {
    jest.useRealTimers();
  }
}

describe('100,000 detections of one version within a minute', () => {
  let environment: TestWorkflowEnvironment;

  beforeAll(async () => {
    environment = await timeSkippingEnvironment();
  });

  afterAll(() => environment.teardown());

  it('keep the history of its incident short, and the incident answers people meanwhile', async () => {
    const batches = await coalesced();
    const { activities } = fakeActivities({
      loadCredential: () => Promise.resolve({ credential, version: sampleVersion() }),
    });
    const { worker, taskQueue } = await testWorker(environment, activities);
    const handled = new Set<string>();
    const parts: DispatcherParts = {
      client: environment.client,
      taskQueue,
      policy: { ...DEFAULT_POLICY, watchSeconds: 0 },
      inventory: { lookup: () => recordOf(subject, credential, sampleVersion()) },
      registered: () => Promise.resolve(undefined),
      deliveries: {
        unhandled: (ids: readonly string[]) => Promise.resolve(ids.filter((id) => !handled.has(id))),
        markHandled: (ids: readonly string[]) => Promise.resolve(ids.forEach((id) => handled.add(id))),
      } as unknown as DispatcherParts['deliveries'],
      newcomers: new Newcomers(),
      log: recordedLog().log,
    };

    await worker.runUntil(async () => {
      const [first, ...others] = batches as [Batch, ...Batch[]];
      await dispatch(parts, first);
      const handle = environment.client.workflow.getHandle<typeof respondToLeak>(incidentId(credential.id, 1));
      await untilWaiting(handle);
      const flood = { isOver: false };
      const answered = listening(handle, flood);

      for (const batch of others) {
        expect(await dispatch(parts, batch)).toBe('joined');
        await sleep(20);
      }
      flood.isOver = true;

      // Questions and notes that were answered while it went on, one after the other.
      expect(await answered).toBeGreaterThan(10);
      const { incident, plan } = await handle.query(stateQuery);
      expect(incident).toMatchObject({ detections: DETECTIONS, stage: 'waiting-for-person' });
      expect([incident.evidence.severity, plan?.severity]).toEqual(['critical', 'critical']);
      expect(incident.timeline.length).toBeLessThanOrEqual(100);
      const { events } = await handle.fetchHistory();
      const signals = (events ?? []).filter(
        (event) => event.workflowExecutionSignaledEventAttributes?.signalName === detectionSignal.name,
      );
      expect(signals.length).toBe(batches.length);
      expect(signals.length).toBeLessThanOrEqual(63);
      expect(events?.length).toBeLessThan(2_000);
      await handle.terminate();
    });
    expect(handled.size).toBe(DETECTIONS);
  });
});

/** How long each look and each note of a person took until the flood was over, in milliseconds. */
async function listening(handle: LeakHandle, flood: { readonly isOver: boolean }): Promise<number> {
  let answers = 0;
  for (let n = 0; !flood.isOver; n++) {
    await handle.query(stateQuery);
    await handle.executeUpdate(addNoteUpdate, { args: [{ actor: 'ana@example.com', note: `note ${n}` }] });
    answers += 2;
    await sleep(50);
  }
  return answers;
}
