import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { WorkflowFailedError, WorkflowUpdateStage } from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import { incidentId } from '../../domain/credential';
import type { respondToLeak } from '../../workflows';
import { stepFailure } from '../../workflows/lib/failure-code';
import {
  detectionSignal,
  pendingQuestionsQuery,
  stateQuery,
  type IncidentView,
  type PersonInput,
} from '../../workflows/messages';
import { CRITICAL_SIGNAL } from '../support/recorded-scenarios';
import type { LeakHandle } from '../support/run-incident';
import { CallBook } from './call-book';
import { answerTo } from './answer';
import type { FaultCase, RunReport } from './run-report';
import { inputOf, SHORT_PACE } from './pace';
import type { ServerLane } from './server-lane';
import { World } from './world/world';
import { activitiesOf } from './world/world-activities';

/** In real time: a run that has not ended or come to a question by then is stuck. */
const STUCK_AFTER_MS = 26_000;

const LOOK_EVERY_MS = 50;
/** A person reads the page first, and is quicker than a reminder. */
const ANSWER_AFTER_MS = 200;

/** An attempt has 200 ms, and something to do besides (short-time-limits.ts). */
const CANCELLED_WITHIN_MS = 170;
const LOOK_AGAIN_MS = 5;

const ACCEPTED = (input: PersonInput) => ({
  args: [input] as [PersonInput],
  waitForStage: WorkflowUpdateStage.ACCEPTED as 'ACCEPTED',
});

type Ending = Omit<RunReport, 'world' | 'calls' | 'view'>;

const RUNNING: Ending = { status: 'running' };

/** No case takes as long; a time-skipping server that has lost count of who holds its time never goes on. */
const LANE_IS_STUCK_AFTER_MS = 45_000;

/** The server has stopped: what it was asked says nothing, and it must be taken down. */
export class StuckLane extends Error {}

/** Runs one case on a real time-skipping server. @throws StuckLane */
export async function runOnServer(lane: ServerLane, faultCase: FaultCase): Promise<RunReport> {
  const guard = new AbortController();
  try {
    const report = await Promise.race([
      runCase(lane, faultCase),
      delay(LANE_IS_STUCK_AFTER_MS, undefined, { signal: guard.signal }),
    ]);
    if (!report) throw new StuckLane('the time-skipping server does not go on');
    return report;
  } finally {
    guard.abort();
  }
}

async function runCase(lane: ServerLane, { scenario, faults }: FaultCase): Promise<RunReport> {
  const { hasProvider, trouble, before, person, says, outside } = scenario;
  const credential = { ...scenario.credential, id: `${scenario.credential.id}-${randomUUID()}` };
  const workflowId = incidentId(credential.id, 1);
  const { client } = lane;
  const handle: LeakHandle = client.workflow.getHandle<typeof respondToLeak>(workflowId);
  const world: World = new World({
    credential,
    hasProvider,
    trouble,
    before,
    now: Date.now,
    onPage: ({ kind }) => {
      if (kind === 'person-needed' && person === 'answers') void answer();
    },
  });
  /** Until it is taken, or nothing is asked any more. */
  const answer = async (): Promise<void> => {
    for (;;) {
      await delay(ANSWER_AFTER_MS);
      const answered = await handle
        .query(pendingQuestionsQuery)
        .then((questions) => answerTo(questions, says))
        .catch(() => undefined);
      if (!answered) return;
      world.mend();
      await handle.executeUpdate(answered.update, { args: [answered.person] }).catch(() => undefined);
    }
  };
  const book = new CallBook();
  const onCall = async (call: string): Promise<void> => {
    if (call !== outside?.when) return;
    for (const deed of outside.does) {
      if (deed.does === 'cancel') {
        await handle.cancel();
        await cancelIsRequested(lane, running.workflowIds);
      } else if (deed.does === 'update')
        await handle.startUpdate(deed.update, ACCEPTED(deed.input)).catch(() => undefined);
      else await handle.signal(detectionSignal, CRITICAL_SIGNAL);
    }
  };
  const running = lane.begin(credential.id, { world, activities: activitiesOf(world), book, faults, onCall });
  try {
    await client.workflow.start<typeof respondToLeak>('respondToLeak', {
      workflowId,
      // One that got lost is given out again soon.
      workflowTaskTimeout: '2s',
      taskQueue: lane.queue(faults.some(({ kind }) => kind.startsWith('worker-lost'))),
      args: [inputOf(scenario, credential.id, SHORT_PACE)],
    });
    const ending = await endOf(handle, person);
    const view: IncidentView = await handle.query(stateQuery);
    if (ending.status === 'running') await handle.terminate();
    else await Promise.race([othersEnd(lane, running.workflowIds), delay(STUCK_AFTER_MS)]);
    return { ...ending, view, world, calls: book.names };
  } finally {
    lane.finish(running);
  }
}

/**
 * Holds an attempt until the cancellation has reached it: the time-skipping server refuses a request to cancel an activity that has just
 * ended, and its workflow is then stuck (temporalio/sdk-java#2391); Temporal's own server takes it.
 */
async function cancelIsRequested({ client }: ServerLane, workflowIds: ReadonlySet<string>): Promise<void> {
  const isRequested = async (id: string): Promise<boolean> => {
    const { events } = await client.workflow.getHandle(id).fetchHistory();
    return events?.some(({ activityTaskCancelRequestedEventAttributes: found }) => found) ?? false;
  };
  const until = Date.now() + CANCELLED_WITHIN_MS;
  while (Date.now() < until) {
    if ((await Promise.all([...workflowIds].map(isRequested))).includes(true)) return;
    await delay(LOOK_AGAIN_MS);
  }
}

/** A rotation may still undo what it did when its incident is over. */
async function othersEnd({ client }: ServerLane, workflowIds: ReadonlySet<string>): Promise<void> {
  for (const id of workflowIds)
    await client.workflow
      .getHandle(id)
      .result()
      .catch(() => undefined);
}

async function endOf(handle: LeakHandle, person: 'answers' | 'nobody'): Promise<Ending> {
  const end = ended(handle);
  const [patienceEnds, isStuck] = [Date.now() + SHORT_PACE.patience * 1_000, Date.now() + STUCK_AFTER_MS];
  for (;;) {
    const over = await Promise.race([end, delay(LOOK_EVERY_MS)]);
    if (over) return over;
    const waitedInVain = person === 'nobody' && Date.now() >= patienceEnds && (await isAsked(handle));
    if (waitedInVain || Date.now() > isStuck) return RUNNING;
  }
}

async function isAsked(handle: LeakHandle): Promise<boolean> {
  const view: IncidentView = await handle.query(stateQuery);
  return view.incident.waiting !== undefined;
}

async function ended(handle: LeakHandle): Promise<Ending> {
  try {
    const { outcome } = await handle.result();
    return { status: 'completed', outcome };
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    if (error.cause instanceof CancelledFailure) return { status: 'cancelled' };
    return { status: 'failed', failureCode: stepFailure(error.cause).code };
  }
}
