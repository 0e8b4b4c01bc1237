import { encode } from './payloads';
import type { Perform } from './simulated-activity';
import { SimulatedRun } from './simulated-run';
import type { VirtualClock } from './virtual-clock';
import type { RunIdentity, SandboxedRun, WorkflowSandbox } from './workflow-sandbox';

type Payloads = readonly ReturnType<typeof encode>[];

/**
 * As much of a Temporal server as our workflows see, in memory and in virtual time. The workflow code and the workflow library are the
 * real ones; that this server answers like the real one is shown by running the same cases on both (run-on-server.ts).
 */
export class SimulatedTemporal {
  readonly runs: SimulatedRun[] = [];
  readonly #current = new Map<string, SimulatedRun>();

  constructor(
    private readonly sandbox: WorkflowSandbox,
    private readonly clock: VirtualClock,
    private readonly activities: ReadonlySet<string>,
    private readonly perform: Perform,
  ) {}

  /** @throws when one of this id is running */
  start(workflowType: string, workflowId: string, input: unknown): SimulatedRun {
    const run = this.startRun(workflowType, workflowId, [encode(input)]);
    if (!run) throw new Error(`${workflowId} is running`);
    return run;
  }

  /** Undefined when one of this id is running. */
  startRun(
    workflowType: string,
    workflowId: string,
    input: Payloads,
    parent?: RunIdentity['parent'],
    closed: (run: SimulatedRun) => void = () => undefined,
  ): SimulatedRun | undefined {
    if (this.running(workflowId)) return undefined;
    const runId = `run-${this.runs.length + 1}`;
    const identity = { workflowType, workflowId, runId, firstRunId: runId, ...(parent ? { parent } : {}) };
    return this.begin(identity, input, closed);
  }

  continueAsNew(
    identity: RunIdentity,
    workflowType: string,
    input: Payloads,
    closed: (run: SimulatedRun) => void,
  ): void {
    const runId = `run-${this.runs.length + 1}`;
    this.begin({ ...identity, workflowType, runId }, input, closed);
  }

  running(workflowId: string): SimulatedRun | undefined {
    const run = this.#current.get(workflowId);
    return run?.end ? undefined : run;
  }

  /** All workers are lost: what they kept of workflows is gone. */
  evictAll(): void {
    for (const run of this.runs) run.evict();
  }

  open(identity: RunIdentity): SandboxedRun {
    return this.sandbox.open(identity, this.activities);
  }

  private begin(
    identity: Omit<RunIdentity, 'startedAt'>,
    input: Payloads,
    closed: (run: SimulatedRun) => void,
  ): SimulatedRun {
    const full = { ...identity, startedAt: this.clock.now };
    const run = new SimulatedRun(this, this.clock, full, input, this.perform, closed);
    this.runs.push(run);
    this.#current.set(identity.workflowId, run);
    return run;
  }
}
