import { randomUUID } from 'node:crypto';
import { CompleteAsyncError, Context } from '@temporalio/activity';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { ACTIVITY_NAMES, type AnyActivity } from './activity-names';
import type { AttemptEnd, Stage } from './perform-attempt';
import { performAttempt } from './perform-attempt';

/** One case that runs on a lane: whose activities these are is seen by the id of their workflow. */
interface Running {
  readonly credentialId: string;
  readonly stage: Stage;
  /** Every workflow that has called an activity. */
  readonly workflowIds: Set<string>;
}

const HEARTBEAT_MS = 50;
/** What Temporal's server calls "no time limit" is longer. */
const A_DAY_MS = 86_400_000;

/** A time-skipping server of its own, and two workers on it: one keeps workflows in its cache, the other replays every task. */
export class ServerLane {
  readonly #queues = { cached: `cached-${randomUUID()}`, replaying: `replaying-${randomUUID()}` };
  readonly #running = new Map<string, Running>();

  #spent = false;

  private constructor(readonly environment: TestWorkflowEnvironment) {}

  /** Runs `work` with a lane, and takes it down. */
  static async with<T>(
    environment: TestWorkflowEnvironment,
    bundlePath: string,
    work: (lane: ServerLane) => Promise<T>,
  ): Promise<T> {
    const lane = new ServerLane(environment);
    const common = {
      connection: environment.nativeConnection,
      namespace: environment.namespace ?? 'default',
      workflowBundle: { codePath: bundlePath },
      activities: lane.activities(),
      // A shutdown waits for nothing here: no attempt is left that anybody wants to know of.
      shutdownGraceTime: 0,
      shutdownForceTime: '5s' as const,
    };
    const cached = await Worker.create({ ...common, taskQueue: lane.#queues.cached });
    const replaying = await Worker.create({ ...common, taskQueue: lane.#queues.replaying, maxCachedWorkflows: 0 });
    let result: { readonly value: T } | undefined;
    const working = async (): Promise<void> => {
      result = { value: await work(lane) };
    };
    try {
      await replaying.runUntil(cached.runUntil(working));
    } catch (error) {
      // Lost attempts may still hold a worker that shuts down: when the work is done, that is no news.
      if (!result) throw error;
    }
    if (!result) throw new Error('the workers have ended before the work was done');
    return result.value;
  }

  /** `loses`: its workers are lost, so that every workflow task begins with a replay. */
  queue(loses: boolean): string {
    return loses ? this.#queues.replaying : this.#queues.cached;
  }

  /** After a workflow was terminated its server skips no time any more (1.38.0): the lane takes no further case. */
  async spend(handle: { terminate(): Promise<unknown> }): Promise<void> {
    this.#spent = true;
    await handle.terminate();
  }

  get spent(): boolean {
    return this.#spent;
  }

  begin(credentialId: string, stage: Stage): Running {
    const running = { credentialId, stage, workflowIds: new Set<string>() };
    this.#running.set(credentialId, running);
    return running;
  }

  finish({ credentialId }: Running): void {
    this.#running.delete(credentialId);
  }

  private activities(): Readonly<Record<string, AnyActivity>> {
    return Object.fromEntries(
      ACTIVITY_NAMES.map((name) => [name, (argument: unknown) => this.attempt(name, argument)]),
    );
  }

  private async attempt(activityType: string, argument: unknown): Promise<unknown> {
    const { info } = Context.current();
    const { workflowId, runId } = info.workflowExecution ?? { workflowId: '', runId: '' };
    const running = [...this.#running.values()].find(({ credentialId }) => workflowId.includes(credentialId));
    // An attempt that outlived its case changes nothing any more.
    if (!running) return inSilence('hangs', info.isLocal);
    running.workflowIds.add(workflowId);
    const limit = info.scheduleToCloseTimeoutMs;
    const isGivenUp = (limit > 0 && limit < A_DAY_MS) || (info.retryPolicy?.maximumAttempts ?? 0) > 0;
    const task = { activityType, activityId: info.activityId, runId, argument, isGivenUp };
    return answerOf(await performAttempt(running.stage, task), info.isLocal);
  }
}

async function answerOf(end: AttemptEnd, isLocal: boolean): Promise<unknown> {
  if ('answer' in end) return end.answer;
  if ('error' in end) throw end.error;
  return inSilence(end.silence, isLocal);
}

/** Never answers. A worker that lives heartbeats, and so learns some day that nobody waits any more; one that is lost says nothing at all. */
async function inSilence(silence: 'hangs' | 'lost', isLocal: boolean): Promise<never> {
  if (silence === 'lost' && !isLocal) throw new CompleteAsyncError();
  const context = Context.current();
  const beat = setInterval(() => context.heartbeat(), HEARTBEAT_MS);
  try {
    return await context.cancelled;
  } finally {
    clearInterval(beat);
  }
}
