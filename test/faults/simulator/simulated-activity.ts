import { optionalTsToMs, tsToMs } from '@temporalio/common/lib/time';
import type { coresdk } from '@temporalio/proto';
import { activityFailure, CANCELLED, decode, encode, encodeError, timeout, type Failure } from './payloads';
import type { Appointment, VirtualClock } from './virtual-clock';

type Options = coresdk.workflow_commands.IScheduleActivity | coresdk.workflow_commands.IScheduleLocalActivity;
type Resolution = coresdk.activity_result.IActivityResolution;

/** One attempt of an activity, as its worker sees it. */
export interface AttemptTask {
  readonly activityType: string;
  readonly activityId: string;
  readonly workflowId: string;
  readonly runId: string;
  readonly argument: unknown;
  readonly attempt: number;
  /** Whether it is given up some day, or tried for ever. */
  readonly isGivenUp: boolean;
}

/** How an attempt ends for the server. `hangs`: never answers, and its worker lives. `lost`: nothing is heard of its worker any more. */
export type AttemptEnd =
  { readonly answer: unknown } | { readonly error: unknown } | { readonly silence: 'hangs' | 'lost' };

export type Perform = (task: AttemptTask) => Promise<AttemptEnd>;

/** A task reaches a worker, and an answer the server, this much later. */
const HOP_MS = 1;
/** How soon a call that hangs notices that it is cancelled: with the heartbeat of the activity edge, of which the SDK sends one in 0.8 time-outs. */
const NOTICE_MS = 1_000;
const NOTICE_SHARE = 0.8;

/** Temporal's numbers. */
const WAIT_CANCELLATION_COMPLETED = 1;
const SCHEDULE_TO_CLOSE = 3;

const DEFAULT_RETRY = { initialMs: 1_000, coefficient: 2, maximumMs: 100_000, attempts: 0, never: [] as string[] };

/** One scheduled activity: attempts, retries, time-outs and cancellation as Temporal's server has them. */
export class SimulatedActivity {
  #attempt = 0;
  #running = false;
  #cancelRequested = false;
  #settled = false;
  #last: Failure | undefined;
  #next: Appointment | undefined;
  readonly #closeAt: number;
  readonly #startToCloseMs: number;
  readonly #heartbeatMs: number | undefined;
  readonly #retry: typeof DEFAULT_RETRY;

  constructor(
    private readonly clock: VirtualClock,
    private readonly options: Options,
    private readonly run: { readonly workflowId: string; readonly runId: string },
    isLocal: boolean,
    private readonly perform: Perform,
    private readonly resolve: (resolution: Resolution) => void,
  ) {
    const scheduleToCloseMs = optionalTsToMs(options.scheduleToCloseTimeout) || undefined;
    // Temporal's core does not hold a local activity that is tried again to this limit (seen on the server: run-on-server.ts agrees).
    this.#closeAt = scheduleToCloseMs === undefined || isLocal ? Infinity : clock.now + scheduleToCloseMs;
    this.#startToCloseMs = optionalTsToMs(options.startToCloseTimeout) || Infinity;
    this.#heartbeatMs =
      'heartbeatTimeout' in options ? optionalTsToMs(options.heartbeatTimeout) || undefined : undefined;
    this.#retry = retryOf(options);
    this.#next = clock.after(HOP_MS, () => this.begin());
  }

  requestCancel(): void {
    if (this.#settled || this.#cancelRequested) return;
    this.#cancelRequested = true;
    const waits = Number(this.options.cancellationType) === WAIT_CANCELLATION_COMPLETED;
    if (!waits || !this.#running) this.settle({ cancelled: { failure: this.wrap(CANCELLED) } });
  }

  /** Its workflow has closed: nobody wants to know, and nothing is tried again. */
  abandon(): void {
    this.#settled = true;
    this.#next?.cancel();
  }

  private async begin(): Promise<void> {
    this.#attempt += 1;
    this.#running = true;
    const attempt = this.#attempt;
    const startedAt = this.clock.now;
    const end = await this.perform({
      ...this.run,
      activityType: this.options.activityType ?? '',
      activityId: this.options.activityId ?? '',
      argument: decode(this.options.arguments?.[0]),
      attempt,
      isGivenUp: this.#closeAt !== Infinity || this.#retry.attempts > 0,
    });
    if ('answer' in end)
      this.#next = this.clock.after(HOP_MS, () => this.settle({ completed: { result: encode(end.answer) } }));
    else if ('error' in end) this.#next = this.clock.after(HOP_MS, () => this.failed(encodeError(end.error)));
    else this.waitInVain(startedAt, end.silence);
  }

  private waitInVain(startedAt: number, silence: 'hangs' | 'lost'): void {
    const startToClose = startedAt + this.#startToCloseMs;
    const heartbeat = silence === 'lost' && this.#heartbeatMs !== undefined ? startedAt + this.#heartbeatMs : Infinity;
    const at = Math.min(startToClose, heartbeat, this.#closeAt);
    const kind = at === this.#closeAt ? 'schedule-to-close' : at === heartbeat ? 'heartbeat' : 'start-to-close';
    const noticeMs = Math.min(NOTICE_MS, NOTICE_SHARE * (this.#heartbeatMs ?? Infinity));
    const tick = (): void => {
      if (this.clock.now >= at) return this.timedOut(timeout(kind, this.#last));
      if (silence === 'hangs' && this.#cancelRequested)
        return this.settle({ cancelled: { failure: this.wrap(CANCELLED) } });
      this.#next = this.clock.after(Math.min(noticeMs, at - this.clock.now), tick);
    };
    tick();
  }

  private timedOut(failure: Failure): void {
    if (Number(failure.timeoutFailureInfo?.timeoutType) === SCHEDULE_TO_CLOSE) this.giveUp(failure);
    else this.retryAfter(failure);
  }

  private failed(failure: Failure): void {
    const { nonRetryable, type } = failure.applicationFailureInfo ?? {};
    if (nonRetryable || this.#retry.never.includes(type ?? '')) this.giveUp(failure);
    else this.retryAfter(failure);
  }

  private retryAfter(failure: Failure): void {
    const { initialMs, coefficient, maximumMs, attempts } = this.#retry;
    const pause = Math.min(maximumMs, initialMs * coefficient ** (this.#attempt - 1));
    const over = this.clock.now + pause >= this.#closeAt || (attempts > 0 && this.#attempt >= attempts);
    if (over || this.#cancelRequested) return this.giveUp(failure);
    // What the next attempt fails with says it; time-outs carry the last failure that had a text.
    if (!failure.timeoutFailureInfo) this.#last = failure;
    this.#running = false;
    this.#next = this.clock.after(pause, () => this.begin());
  }

  private giveUp(failure: Failure): void {
    this.settle({ failed: { failure: this.wrap(failure) } });
  }

  private settle(resolution: Resolution): void {
    if (this.#settled) return;
    this.abandon();
    this.resolve(resolution);
  }

  private wrap(cause: Failure): Failure {
    return activityFailure(this.options.activityType ?? '', this.options.activityId ?? '', cause);
  }
}

function retryOf({ retryPolicy }: Options): typeof DEFAULT_RETRY {
  if (!retryPolicy) return DEFAULT_RETRY;
  const initialMs = retryPolicy.initialInterval ? tsToMs(retryPolicy.initialInterval) : DEFAULT_RETRY.initialMs;
  return {
    initialMs,
    coefficient: retryPolicy.backoffCoefficient || DEFAULT_RETRY.coefficient,
    maximumMs: retryPolicy.maximumInterval ? tsToMs(retryPolicy.maximumInterval) : initialMs * 100,
    attempts: retryPolicy.maximumAttempts || 0,
    never: retryPolicy.nonRetryableErrorTypes ?? [],
  };
}
