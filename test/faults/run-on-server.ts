import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import { incidentId } from '../../domain/credential';
import { stepFailure } from '../../workflows/lib/failure-code';
import { pendingQuestionsQuery, stateQuery, type IncidentView } from '../../workflows/messages';
import { endWorkflow } from '../support/end-workflow';
import type { LeakHandle } from '../support/run-incident';
import { CallBook } from './call-book';
import { answerTo } from './answer';
import { inputOf, rotationIdOf, workflowIdOf } from './input-of';
import { doDeeds, type Reach, type RotationEnd } from './outside';
import { SHORT_PACE } from './pace';
import type { FaultCase, RunReport, Standing } from './run-report';
import type { Scenario, Story } from './scenario';
import type { ServerLane } from './server-lane';
import { resultOf } from './standing';
import { World } from './world/world';
import { activitiesOf } from './world/world-activities';

/**
 * In real time: a run that has not ended or come to a question by then. On a busy machine workflow tasks time out, and what makes them late, replays, is
 * then done again; so it says nothing, unless it comes so whenever it is tried.
 */
const STUCK_AFTER_MS = 26_000;

const LOOK_EVERY_MS = 50;
/** A person reads the page first, and is quicker than a reminder. */
const ANSWER_AFTER_MS = 200;

/** An attempt has 200 ms, and something to do besides (short-time-limits.ts). */
const CANCELLED_WITHIN_MS = 170;
const LOOK_AGAIN_MS = 5;

const RUNNING: Standing = { status: 'running' };

/** No case takes as long; a time-skipping server that has lost count of who holds its time never goes on. */
const LANE_IS_STUCK_AFTER_MS = 45_000;

/** The server has stopped: what it was asked says nothing, and it must be taken down. */
export class StuckLane extends Error {}

/** The run was not over in time, on a server that goes on. */
export class RunTooLong extends Error {}

/** Runs one case on a real time-skipping server. @throws StuckLane, RunTooLong */
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
  const { person, outside, story } = scenario;
  const credential = { ...scenario.credential, id: `${scenario.credential.id}-${randomUUID()}` };
  const workflowId = workflowIdOf(scenario, credential.id);
  const { client } = lane;
  const incident: LeakHandle = client.workflow.getHandle(incidentId(credential.id, 1));
  const world: World = new World({
    ...scenario,
    credential,
    now: Date.now,
    onPage: ({ kind }) => {
      if (kind === 'person-needed' && person === 'answers') void answer();
    },
  });
  /** Until it is taken, or nothing is asked any more. */
  const answer = async (): Promise<void> => {
    for (;;) {
      await delay(ANSWER_AFTER_MS);
      const answered = await incident
        .query(pendingQuestionsQuery)
        .then(answerTo)
        .catch(() => undefined);
      if (!answered) return;
      world.mend();
      await incident.executeUpdate(answered.update, { args: [answered.person] }).catch(() => undefined);
    }
  };
  const book = new CallBook();
  const reach: Reach = {
    cancel: async () => {
      await incident.cancel();
      await cancelIsRequested(lane, running.workflowIds);
    },
    endRotation: (how) => endRotation(lane, rotationIdOf(credential.id), how),
    beginAnew: () => (anew = incident.terminate().then(start)),
    signal: (name, arg) => incident.signal(name, arg),
    update: (name, arg) => taken(incident, name, arg),
  };
  const onCall = (call: string): Promise<void> => doDeeds(outside, call, reach);
  const running = lane.begin(credential.id, { world, activities: activitiesOf(world), book, faults, onCall });
  const start = async (): Promise<void> => {
    handle = await client.workflow.start(story, {
      workflowId,
      // One that got lost is given out again soon.
      workflowTaskTimeout: '2s',
      taskQueue: lane.queue(faults.some(({ kind }) => kind.startsWith('worker-lost'))),
      args: [inputOf(scenario, credential.id, SHORT_PACE, Date.now())],
    });
  };
  let handle: WorkflowHandle | undefined;
  let anew: Promise<void> | undefined;
  /** Of the last that was begun. */
  const lastEnd = async (): Promise<Standing> => {
    for (;;) {
      const begun = handle;
      if (!begun) throw new Error('nothing was begun');
      const ending = await endOf(begun, scenario);
      await anew;
      if (begun === handle) return ending;
    }
  };
  try {
    await start();
    const ending = await lastEnd().catch(async (error: unknown) => {
      if (handle) await endWorkflow(handle);
      throw error;
    });
    if (ending.status === 'running' && handle) await endWorkflow(handle);
    else await Promise.race([othersEnd(lane, running.workflowIds), delay(STUCK_AFTER_MS)]);
    const again = ending.watch?.drift === undefined ? undefined : await endOf(incident, asIncident(scenario));
    return { ...ending, ...(again ? { reopened: again } : {}), world, calls: book.names };
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

/** Where none runs, or it has just ended, nothing is done. */
async function endRotation(lane: ServerLane, id: string, how: RotationEnd): Promise<void> {
  const rotation = lane.client.workflow.getHandle(id);
  await rotation[how]().catch(() => undefined);
  if (how === 'cancel') await cancelIsRequested(lane, new Set([id])).catch(() => undefined);
}

/** Resolves when it is taken or refused, or when the attempt that waits for it would end; what becomes of it is the incident's business. */
async function taken(incident: LeakHandle, name: string, arg: unknown): Promise<void> {
  const start = incident.startUpdate(name, { args: [arg], waitForStage: 'ACCEPTED' }).catch(() => undefined);
  await Promise.race([start, delay(CANCELLED_WITHIN_MS)]);
}

/** A rotation may still undo what it did when its incident is over. */
async function othersEnd({ client }: ServerLane, workflowIds: ReadonlySet<string>): Promise<void> {
  for (const id of workflowIds)
    await client.workflow
      .getHandle(id)
      .result()
      .catch(() => undefined);
}

/** The incident that a watch has opened again. */
function asIncident(scenario: Scenario): Scenario {
  return { ...scenario, story: 'respondToLeak' };
}

async function endOf(handle: WorkflowHandle, { story, person }: Scenario): Promise<Standing> {
  const viewed = async (standing: Standing): Promise<Standing> =>
    story === 'respondToLeak' ? { ...standing, view: await handle.query(stateQuery) } : standing;
  const end = ended(handle, story);
  const [patienceEnds, isStuck] = [Date.now() + SHORT_PACE.patience * 1_000, Date.now() + STUCK_AFTER_MS];
  for (;;) {
    const over = await Promise.race([end, delay(LOOK_EVERY_MS)]);
    if (over) return viewed(over);
    const waitedInVain = person === 'nobody' && Date.now() >= patienceEnds && (await isAsked(handle));
    if (waitedInVain) return viewed(RUNNING);
    if (Date.now() > isStuck) throw new RunTooLong(`not over after ${STUCK_AFTER_MS} ms`);
  }
}

async function isAsked(handle: WorkflowHandle): Promise<boolean> {
  const view: IncidentView = await handle.query(stateQuery);
  return view.incident.waiting !== undefined;
}

async function ended(handle: WorkflowHandle, story: Story): Promise<Standing> {
  try {
    return { status: 'completed', ...resultOf(story, await handle.result()) };
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    if (error.cause instanceof CancelledFailure) return { status: 'cancelled' };
    return { status: 'failed', failureCode: stepFailure(error.cause).code };
  }
}
