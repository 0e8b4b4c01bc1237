import vm from 'node:vm';
import { TypedSearchAttributes } from '@temporalio/common';
import type { coresdk } from '@temporalio/proto';
import { injectGlobals } from '@temporalio/worker/lib/workflow/vm-shared';
import type { WorkflowInfo } from '@temporalio/workflow';
import type { WorkflowCreateOptionsInternal } from '@temporalio/workflow/lib/interfaces';
import type { Activator } from '@temporalio/workflow/lib/internals';
import type { Job } from './jobs';

export type Command = coresdk.workflow_commands.IWorkflowCommand;

/** What is said of a run when it starts. */
export interface RunIdentity {
  readonly workflowType: string;
  readonly workflowId: string;
  readonly runId: string;
  readonly firstRunId: string;
  readonly startedAt: number;
  readonly parent?: { readonly workflowId: string; readonly runId: string };
}

interface SandboxGlobals {
  __TEMPORAL_ACTIVATOR__?: Activator | undefined;
  __tourniquet_call?: readonly [string, readonly unknown[]] | undefined;
}

const CALL = new vm.Script('__TEMPORAL__.api[__tourniquet_call[0]](...__tourniquet_call[1])');

/**
 * Runs the real workflow bundle on the real workflow library, as a Temporal worker does, but in this process and at once: with
 * `afterEvaluate` all microtasks of workflow code are over when a call into it returns. One sandbox serves all workflows: what the
 * library keeps of one is its activator, and our own modules keep nothing (a lint rule sees to that).
 */
export class WorkflowSandbox {
  readonly #context: vm.Context & SandboxGlobals;

  constructor(bundle: string) {
    this.#context = vm.createContext({ __webpack_module_cache__: {} }, { microtaskMode: 'afterEvaluate' });
    injectGlobals(this.#context);
    new vm.Script(bundle, { filename: 'workflows-bundle.js' }).runInContext(this.#context);
  }

  /** A run that has seen nothing yet: its first activation is to initialize it. */
  open(identity: RunIdentity, activities: ReadonlySet<string>): SandboxedRun {
    const options = {
      info: infoOf(identity),
      randomnessSeed: [...Buffer.from(identity.runId)],
      now: identity.startedAt,
      showStackTraceSources: false,
      sourceMap: { version: 3, sources: [], names: [], mappings: '', file: '' },
      registeredActivityNames: activities as Set<string>,
      getTimeOfDay: () => BigInt(identity.startedAt) * 1_000_000n,
      stackTracesEnabled: false,
    } satisfies WorkflowCreateOptionsInternal;
    this.call(undefined, 'initRuntime', options);
    const activator = this.#context.__TEMPORAL_ACTIVATOR__;
    if (!activator) throw new Error('the workflow library has made no activator');
    return new SandboxedRun(activator, (name, ...args) => this.call(activator, name, ...args));
  }

  private call(activator: Activator | undefined, name: string, ...args: readonly unknown[]): unknown {
    this.#context.__TEMPORAL_ACTIVATOR__ = activator;
    this.#context.__tourniquet_call = [name, args];
    return CALL.runInContext(this.#context);
  }
}

/** One run in the sandbox. The order of calls is that of Temporal's own worker (worker/lib/workflow/vm-shared, BaseVMWorkflow). */
export class SandboxedRun {
  constructor(
    private readonly activator: Activator,
    private readonly call: (name: string, ...args: readonly unknown[]) => unknown,
  ) {}

  /** @throws what workflow code threw that is no failure: on a server the workflow task would fail, for ever. */
  activate(now: number, jobs: readonly Job[], { replaying = false, historyLength = 0 } = {}): readonly Command[] {
    const { activator } = this;
    const isQuery = jobs.some(({ variant }) => variant === 'queryWorkflow');
    if (!isQuery) activator.now = now;
    activator.mutateWorkflowInfo((info) => ({
      ...info,
      historyLength,
      unsafe: { ...info.unsafe, isReplaying: replaying || isQuery, isReplayingHistoryEvents: replaying },
    }));
    const start = jobs.find((job) => job.variant === 'initializeWorkflow');
    if (start) this.call('initialize', start.initializeWorkflow);
    for (const job of jobs) if (job.variant === 'notifyHasPatch') activator.notifyHasPatch(job.notifyHasPatch);
    this.call('activate', { jobs: jobs.filter(({ variant }) => variant !== 'notifyHasPatch') });
    while ((this.call('tryUnblockConditions') as number) > 0);
    const { successful } = this.call('concludeActivation') as coresdk.workflow_completion.IWorkflowActivationCompletion;
    return successful?.commands ?? [];
  }
}

function infoOf(identity: RunIdentity): WorkflowInfo {
  const { workflowType, workflowId, runId, firstRunId, startedAt, parent } = identity;
  const startTime = new Date(startedAt);
  return {
    workflowType,
    workflowId,
    runId,
    firstExecutionRunId: firstRunId,
    originalExecutionRunId: runId,
    searchAttributes: {},
    typedSearchAttributes: new TypedSearchAttributes(),
    parent: parent ? { ...parent, namespace: 'default' } : undefined,
    root: undefined,
    taskQueue: 'simulated',
    namespace: 'default',
    startTime,
    runStartTime: startTime,
    taskTimeoutMs: 10_000,
    attempt: 1,
    historyLength: 0,
    historySize: 0,
    continueAsNewSuggested: false,
    targetWorkerDeploymentVersionChanged: false,
    currentBuildId: '',
    currentDeploymentVersion: undefined,
    unsafe: { isReplaying: false, isReplayingHistoryEvents: false, now: () => startedAt },
  } as unknown as WorkflowInfo;
}
