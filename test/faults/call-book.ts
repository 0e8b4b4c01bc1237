/** What is known of an attempt where it runs. */
export interface AttemptInfo {
  readonly activityType: string;
  readonly activityId: string;
  readonly runId: string;
  readonly argument: unknown;
}

/** More than any call needs that is given up some day. */
const MANY_ATTEMPTS = 200;
/** More than any run makes that comes to an end: a story that goes round in a circle, such as with a person who always says "again". */
const MANY_CALLS = 1_000;

interface Call {
  readonly name: string;
  attempts: number;
}

/**
 * Names the calls of a run, the same in every run and on every server, without knowing the story: the activity, the step of the saga
 * that its key names, and which call of that step it is. An attempt belongs to the call that its activity id names.
 */
export class CallBook {
  /** In the order in which they were first seen. */
  readonly names: string[] = [];
  /** The call that is tried, or was made, without end, once one is. */
  endless: string | undefined;
  readonly #calls = new Map<string, Call>();
  readonly #occurrences = new Map<string, number>();

  /** The call an attempt belongs to, and the how-manieth attempt of it this is. */
  attempt({ activityType, activityId, runId, argument }: AttemptInfo): {
    readonly call: string;
    readonly attempt: number;
  } {
    const key = `${runId}/${activityId}`;
    const call = this.#calls.get(key) ?? this.open(key, `${activityType}:${stepOf(argument)}`);
    call.attempts += 1;
    if (call.attempts > MANY_ATTEMPTS) this.endless = call.name;
    return { call: call.name, attempt: call.attempts };
  }

  private open(key: string, step: string): Call {
    const occurrence = (this.#occurrences.get(step) ?? 0) + 1;
    this.#occurrences.set(step, occurrence);
    const call = { name: `${step}#${occurrence}`, attempts: 0 };
    this.#calls.set(key, call);
    this.names.push(call.name);
    if (this.names.length > MANY_CALLS) this.endless = call.name;
    return call;
  }
}

/** The step's name: its key without the run id before it. */
function stepOf(argument: unknown): string {
  const { stepKey } = (argument ?? {}) as { readonly stepKey?: unknown };
  return typeof stepKey === 'string' ? stepKey.slice(stepKey.indexOf('/') + 1) : '';
}
