import { optionalTsToMs } from '@temporalio/common/lib/time';
import { inCoreOrder, type Job } from './jobs';
import { childFailure, CANCELLED, decode, encode, type Failure } from './payloads';
import { SimulatedActivity, type Perform } from './simulated-activity';
import { noRejectionIsLeft } from './unhandled-rejections';
import type { SimulatedTemporal } from './simulated-temporal';
import type { Appointment, VirtualClock } from './virtual-clock';
import type { Command, RunIdentity, SandboxedRun } from './workflow-sandbox';

type Payloads = readonly ReturnType<typeof encode>[];

/** How a run ended. */
export type RunEnd =
  | { readonly status: 'completed'; readonly result: unknown }
  | { readonly status: 'failed'; readonly failure: Failure }
  | { readonly status: 'cancelled' }
  | { readonly status: 'terminated' };

interface Task {
  readonly at: number;
  readonly jobs: readonly Job[];
  readonly historyLength: number;
  readonly commands: readonly string[];
}

interface Child {
  readonly run: SimulatedRun;
  readonly closePolicy: number;
}

/** A workflow task begins this much after there is something to do. */
const TASK_DELAY_MS = 1;
/** One that failed is given out again this much later; so often without success, and it will never succeed. */
const TASK_RETRY_MS = 1_000;
const MAX_TASK_FAILURES = 10;
const TERMINATE = 1;
const REQUEST_CANCEL = 3;

/** One workflow run on the simulated server: its history, its task queue and everything it has commanded. */
export class SimulatedRun {
  end: RunEnd | undefined;
  /** What workflow code threw that is no failure: on a server its task would fail again and again. */
  broken: unknown;
  #sandboxed: SandboxedRun | undefined;
  #pending: Job[] = [];
  #planned = false;
  #history: Task[] = [];
  #events = 0;
  #failures = 0;
  readonly #patches: string[] = [];
  readonly #timers = new Map<number, Appointment>();
  readonly #activities = new Map<number, SimulatedActivity>();
  readonly #children = new Map<number, Child>();
  readonly #accepted = new Set<string>();
  /** Updates that a validator turned away: no history has them. */
  readonly #turnedAway = new Set<string>();
  readonly #updates = new Map<string, (answer: { readonly rejected?: Failure; readonly value?: unknown }) => void>();

  constructor(
    private readonly server: SimulatedTemporal,
    private readonly clock: VirtualClock,
    readonly identity: RunIdentity,
    input: Payloads,
    private readonly perform: Perform,
    private readonly closed: (run: SimulatedRun) => void,
  ) {
    const { workflowType, workflowId, firstRunId } = identity;
    this.enqueue({
      variant: 'initializeWorkflow',
      initializeWorkflow: { workflowType, workflowId, arguments: [...input], firstExecutionRunId: firstRunId },
    });
  }

  signal(signalName: string, args: Payloads): void {
    this.enqueue({ variant: 'signalWorkflow', signalWorkflow: { signalName, input: [...args] } });
  }

  requestCancel(): void {
    this.enqueue({ variant: 'cancelWorkflow', cancelWorkflow: {} });
  }

  terminate(): void {
    this.close({ status: 'terminated' });
  }

  /** Resolves with the handler's value, in virtual time. */
  update(name: string, arg: unknown): Promise<{ readonly rejected?: Failure; readonly value?: unknown }> {
    const id = `update-${this.#events}-${this.#updates.size}`;
    return new Promise((resolve) => {
      this.#updates.set(id, resolve);
      this.enqueue({
        variant: 'doUpdate',
        doUpdate: { id, protocolInstanceId: id, name, input: [encode(arg)], runValidator: true },
      });
    });
  }

  query(queryType: string): unknown {
    const job: Job = { variant: 'queryWorkflow', queryWorkflow: { queryId: 'q', queryType, arguments: [] } };
    const [command] = this.sandboxed().activate(this.clock.now, [job]);
    return decode(command?.respondToQuery?.succeeded?.response);
  }

  /** The worker that held it is gone: the next one replays its history, and must come to the same commands. */
  evict(): void {
    this.#sandboxed = undefined;
  }

  private enqueue(job: Job): void {
    if (this.end || this.broken) return;
    this.#pending.push(job);
    this.plan(TASK_DELAY_MS);
  }

  private plan(delayMs: number): void {
    if (this.#planned) return;
    this.#planned = true;
    this.clock.after(delayMs, () => this.doTask());
  }

  private async doTask(): Promise<void> {
    this.#planned = false;
    if (this.end || this.broken || this.#pending.length === 0) return;
    const jobs = inCoreOrder(this.#pending.splice(0));
    try {
      const sandboxed = this.sandboxed();
      const historyLength = this.#events + 3 + jobs.length;
      const commands = sandboxed.activate(this.clock.now, jobs, { historyLength });
      await noRejectionIsLeft();
      this.#failures = 0;
      this.#events = historyLength + commands.length;
      for (const { updateResponse } of commands)
        if (updateResponse?.accepted) this.#accepted.add(updateResponse.protocolInstanceId ?? '');
      const kept = commands.filter((command) => !this.turnsAway(command));
      this.#history.push({ at: this.clock.now, jobs, historyLength, commands: kept.map(signatureOf) });
      for (const command of commands) this.obey(command);
    } catch (error) {
      this.fail(jobs, error);
    }
  }

  /** A workflow task that fails is tried again with all that has happened since, after a replay. */
  private fail(jobs: readonly Job[], error: unknown): void {
    this.#pending.unshift(...jobs);
    this.evict();
    this.#failures += 1;
    if (this.#failures > MAX_TASK_FAILURES) this.broken = error;
    else this.plan(TASK_RETRY_MS);
  }

  private sandboxed(): SandboxedRun {
    this.#sandboxed ??= this.replayed();
    return this.#sandboxed;
  }

  private turnsAway({ updateResponse }: Command): boolean {
    const id = updateResponse?.protocolInstanceId ?? '';
    // One that was accepted and failed later is in the history, with its failure.
    if (!updateResponse?.rejected || this.#accepted.has(id)) return false;
    this.#turnedAway.add(id);
    return true;
  }

  private replayed(): SandboxedRun {
    const fresh = this.server.open(this.identity);
    const patches = this.#patches.map((patchId): Job => ({ variant: 'notifyHasPatch', notifyHasPatch: { patchId } }));
    for (const [index, { at, jobs, historyLength, commands }] of this.#history.entries()) {
      const kept = jobs.filter((job) => job.variant !== 'doUpdate' || !this.#turnedAway.has(job.doUpdate.id ?? ''));
      const given = (index === 0 ? [...patches, ...kept] : kept).map(asReplayed);
      if (given.length === 0) continue;
      const again = fresh.activate(at, given, { replaying: true, historyLength }).map(signatureOf);
      const same = again.length === commands.length && again.every((command, place) => command === commands[place]);
      if (!same) throw new Error(`not deterministic: ${commands.join(', ')} became ${again.join(', ')} in a replay`);
    }
    return fresh;
  }

  private obey(command: Command): void {
    if (command.startTimer) {
      const seq = command.startTimer.seq ?? 0;
      const ms = optionalTsToMs(command.startTimer.startToFireTimeout) ?? 0;
      const fire = (): void => this.enqueue({ variant: 'fireTimer', fireTimer: { seq } });
      this.#timers.set(seq, this.clock.after(ms, fire));
    } else if (command.cancelTimer) this.#timers.get(command.cancelTimer.seq ?? 0)?.cancel();
    else if (command.scheduleActivity) this.schedule(command.scheduleActivity, false);
    else if (command.scheduleLocalActivity) this.schedule(command.scheduleLocalActivity, true);
    else if (command.requestCancelActivity)
      this.#activities.get(command.requestCancelActivity.seq ?? 0)?.requestCancel();
    else if (command.requestCancelLocalActivity)
      this.#activities.get(command.requestCancelLocalActivity.seq ?? 0)?.requestCancel();
    else if (command.startChildWorkflowExecution) this.startChild(command.startChildWorkflowExecution);
    else if (command.cancelChildWorkflowExecution)
      this.#children.get(command.cancelChildWorkflowExecution.childWorkflowSeq ?? 0)?.run.requestCancel();
    else if (command.signalExternalWorkflowExecution) this.signalOther(command.signalExternalWorkflowExecution);
    else if (command.requestCancelExternalWorkflowExecution) {
      const { seq, workflowExecution } = command.requestCancelExternalWorkflowExecution;
      this.server.running(workflowExecution?.workflowId ?? '')?.requestCancel();
      this.enqueue({
        variant: 'resolveRequestCancelExternalWorkflow',
        resolveRequestCancelExternalWorkflow: { seq: seq ?? 0 },
      });
    } else if (command.setPatchMarker) this.#patches.push(command.setPatchMarker.patchId ?? '');
    else if (command.updateResponse) this.answerUpdate(command.updateResponse);
    else if (command.completeWorkflowExecution)
      this.close({ status: 'completed', result: decode(command.completeWorkflowExecution.result) });
    else if (command.failWorkflowExecution)
      this.close({ status: 'failed', failure: command.failWorkflowExecution.failure ?? {} });
    else if (command.cancelWorkflowExecution) this.close({ status: 'cancelled' });
    else if (command.continueAsNewWorkflowExecution) {
      const { workflowType, arguments: input } = command.continueAsNewWorkflowExecution;
      this.stop();
      this.end = { status: 'completed', result: undefined };
      const type = workflowType || this.identity.workflowType;
      this.server.continueAsNew(this.identity, type, input ?? [], this.closed);
    }
  }

  private schedule(options: ConstructorParameters<typeof SimulatedActivity>[1], isLocal: boolean): void {
    const seq = options.seq ?? 0;
    const activity = new SimulatedActivity(this.clock, options, this.identity, isLocal, this.perform, (result) => {
      this.#activities.delete(seq);
      this.enqueue({ variant: 'resolveActivity', resolveActivity: { seq, result, isLocal } });
    });
    this.#activities.set(seq, activity);
  }

  private startChild(options: NonNullable<Command['startChildWorkflowExecution']>): void {
    const { input, parentClosePolicy } = options;
    const [seq, workflowId, workflowType] = [options.seq ?? 0, options.workflowId ?? '', options.workflowType ?? ''];
    const { workflowId: parentId, runId } = this.identity;
    const parent = { workflowId: parentId, runId };
    const run = this.server.startRun(workflowType, workflowId, input ?? [], parent, (child) =>
      this.enqueue({
        variant: 'resolveChildWorkflowExecution',
        resolveChildWorkflowExecution: { seq, result: resultOf(child) },
      }),
    );
    if (run) this.#children.set(seq, { run, closePolicy: parentClosePolicy || TERMINATE });
    const started = run
      ? { succeeded: { runId: run.identity.runId } }
      : { failed: { workflowId, workflowType, cause: 1 } };
    this.enqueue({
      variant: 'resolveChildWorkflowExecutionStart',
      resolveChildWorkflowExecutionStart: { seq, ...started },
    });
  }

  private signalOther(options: NonNullable<Command['signalExternalWorkflowExecution']>): void {
    const { signalName, args, workflowExecution, childWorkflowId } = options;
    const seq = options.seq ?? 0;
    const target = this.server.running(workflowExecution?.workflowId ?? childWorkflowId ?? '');
    target?.signal(signalName ?? '', args ?? []);
    const failure = target ? {} : { failure: { message: 'not found', applicationFailureInfo: { type: 'NOT_FOUND' } } };
    this.enqueue({ variant: 'resolveSignalExternalWorkflow', resolveSignalExternalWorkflow: { seq, ...failure } });
  }

  private answerUpdate({ protocolInstanceId, rejected, completed }: NonNullable<Command['updateResponse']>): void {
    const answer = this.#updates.get(protocolInstanceId ?? '');
    if (rejected) answer?.({ rejected });
    else if (completed) answer?.({ value: decode(completed) });
  }

  private close(end: RunEnd): void {
    if (this.end) return;
    this.end = end;
    this.stop();
    for (const { run, closePolicy } of this.#children.values()) {
      if (closePolicy === TERMINATE) run.terminate();
      else if (closePolicy === REQUEST_CANCEL && !run.end) run.requestCancel();
    }
    this.closed(this);
  }

  /** Attempts that run now go on at their workers, and nobody hears of them any more. */
  private stop(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    for (const activity of this.#activities.values()) activity.abandon();
    for (const answer of this.#updates.values()) answer({ rejected: { message: 'the workflow has ended' } });
  }
}

function resultOf({ end, identity }: SimulatedRun) {
  const { workflowType, workflowId } = identity;
  const wrapped = (cause: Failure): { failure: Failure } => ({
    failure: childFailure(workflowType, workflowId, cause),
  });
  switch (end?.status) {
    case 'completed':
      return { completed: { result: encode(end.result) } };
    case 'failed':
      return { failed: wrapped(end.failure) };
    case 'cancelled':
      return { cancelled: wrapped(CANCELLED) };
    default:
      return { failed: wrapped({ message: 'terminated', terminatedFailureInfo: {} }) };
  }
}

/** An accepted update is not asked again whether it may come in. */
function asReplayed(job: Job): Job {
  return job.variant === 'doUpdate' ? { ...job, doUpdate: { ...job.doUpdate, runValidator: false } } : job;
}

/** What Temporal compares in a replay: the kind of a command, its place and its name. */
function signatureOf(command: Command): string {
  const [kind, body] = Object.entries(command).find(([name, value]) => value && name !== 'userMetadata') ?? ['nothing'];
  const { seq, activityType, workflowId, signalName, patchId } = (body ?? {}) as Record<string, string | undefined>;
  return [kind, seq, activityType, workflowId, signalName, patchId].filter((part) => part !== undefined).join(' ');
}
