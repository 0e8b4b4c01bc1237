import { IncidentError } from '../../domain/errors';
import type { SecretMaterial } from '../../domain/secret-material';
import { DEFAULT_PARK_MS, type Held, type ManagedCredential } from './managed-credential';
import { untilAborted } from './until-aborted';

type Kind = SecretMaterial['kind'];

/** `refused`: nothing was done, because of the credential. `cut`: the connection ended, and what was sent may have been done. */
export type Trouble = 'refused' | 'cut';

/** How clients of one kind are opened and closed, and what their errors say of the credential. */
export interface ClientKind<K extends Kind, C> {
  /** Logs in with a version, or makes what will. */
  open(material: Held<K>['material']): C | Promise<C>;
  close(client: C): unknown;
  /** Whether an error is the credential's trouble. `isRefused`: the version was refused a moment ago. */
  troubleOf(error: unknown, isRefused: boolean, client?: C): Trouble | undefined;
  /** Whether one that worked is of no use any more, and another is to be opened. */
  isOver?(client: C): boolean;
  /** Settles when the connection is over, for clients that then leave calls without an answer: those count as cut. */
  over?(client: C): Promise<unknown>;
  /** Which trouble of a call ends the client, so that the next call opens another; by default any. */
  readonly endedBy?: readonly Trouble[];
  /** Which trouble of one call keeps others from trying the same version for a moment; by default any. */
  readonly keepsOthersWaiting?: readonly Trouble[];
}

export interface ResilientOptions {
  /** How long a refused call waits for a replacement, in milliseconds. */
  readonly parkMs?: number;
}

export interface CallOptions {
  /** Repeating it has no second effect: a read, or a write with an idempotency key. Only such a call is made again once it may have been done. */
  readonly safeToRepeat: boolean;
  /** Of a caller who gives up: the call fails with its reason at once. What was sent is not taken back. */
  readonly signal?: AbortSignal | undefined;
}

/** What became of calls, for the service's own metrics; all only grow. */
export interface ResilienceCounters {
  /** Calls that the credential's refusal, or the end of its connection, met. */
  refused: number;
  cut: number;
  /** Calls that waited for another version. */
  parked: number;
  /** Of them, those that none came for in time. */
  timedOut: number;
  /** Calls that failed since they may have been done and must not be repeated. */
  ambiguous: number;
}

/** The outcome of a call that was sent before its connection was cut is not known, and it is not safe to make it again. */
export class AmbiguousOutcomeError extends Error {
  override readonly name = 'AmbiguousOutcomeError';
}

/** What a call throws of an error that came before anything was sent. */
export class NotSentError extends Error {
  override readonly name = 'NotSentError';
}

/** The connection was over during a call. */
class ConnectionOverError extends Error {
  override readonly name = 'ConnectionOverError';
}

/** One opened client and the calls that use it: it is closed when the last has left. */
interface Opened<C> {
  readonly client: Promise<C>;
  /** How each call under way is told that the connection is over. */
  readonly underWay: Set<() => void>;
  inFlight: number;
  isRetired: boolean;
}

/** What is held of one version of the secret. */
interface Generation<K extends Kind, C> extends Held<K> {
  opened: Opened<C> | undefined;
  /** When it was last refused, milliseconds since the epoch; 0 while it is accepted. */
  refusedAt: number;
}

type Attempt<T, G> =
  { readonly result: T } | { readonly error: unknown; readonly trouble: Trouble; readonly generation: G };

/** While a version is refused only one call in this time tries it: a login costs the server far more than a wait costs us. */
const TRY_AGAIN_MS = 250;

/**
 * A client that survives the end of its credential: a call that is refused, or whose connection is cut, waits for the next version of the secret
 * and is made once more where that is safe. What was opened with the old version is closed when the last call has left it.
 */
export class ResilientClient<K extends Kind, C> {
  readonly counters: ResilienceCounters = { refused: 0, cut: 0, parked: 0, timedOut: 0, ambiguous: 0 };
  #generation: Generation<K, C>;
  #isEnded = false;
  /** Of everything that was opened and is not closed: how its close is waited for. */
  readonly #open = new Map<Opened<C>, { readonly closed: Promise<void>; readonly tell: () => void }>();

  constructor(
    private readonly credential: ManagedCredential<K>,
    private readonly kind: ClientKind<K, C>,
    private readonly options: ResilientOptions = {},
  ) {
    this.#generation = generationOf(credential.held);
    credential.onChanged((held) => {
      this.retire(this.#generation);
      this.#generation = generationOf(held);
    });
  }

  get version(): number {
    return this.#generation.version;
  }

  /**
   * Makes a call with the client of the version in use; at most twice.
   * @throws AmbiguousOutcomeError when it may have happened and must not be repeated; IncidentError CLIENT_PARK_TIMEOUT, whose cause is the refusal.
   */
  run<T>(call: (client: C) => Promise<T>, options: CallOptions): Promise<T> {
    return untilAborted(this.callTwice(call, options), options.signal);
  }

  /** Resolves when the last call has left and everything is closed. Calls after it fail. */
  async end(): Promise<void> {
    this.#isEnded = true;
    this.retire(this.#generation);
    await Promise.all([...this.#open.values()].map(({ closed }) => closed));
  }

  private async callTwice<T>(call: (client: C) => Promise<T>, options: CallOptions): Promise<T> {
    const generation = this.#generation;
    let [version, refusal]: readonly [number, unknown] = [generation.version, undefined];
    if (mayTry(generation)) {
      const first = await this.attempt(call, options);
      if ('result' in first) return first.result;
      if (this.kind.keepsOthersWaiting?.includes(first.trouble) ?? true) first.generation.refusedAt = Date.now();
      [version, refusal] = [first.generation.version, first.error];
    }
    const timedOut = await this.park(version, refusal, options.signal);
    // Those that have waited in vain must not all log in at once: one of them may, another's answer just now holds for the rest.
    if (timedOut && !mayTry(this.#generation)) throw timedOut;
    // Also when nothing newer came in time: the version may have been restored.
    const second = await this.attempt(call, options);
    if ('result' in second) return second.result;
    throw timedOut ?? second.error;
  }

  /** @throws what is no trouble of the credential, and AmbiguousOutcomeError */
  private async attempt<T>(
    call: (client: C) => Promise<T>,
    { safeToRepeat, signal }: CallOptions,
  ): Promise<Attempt<T, Generation<K, C>>> {
    const { generation, opened } = await this.enter();
    let client: C | undefined;
    try {
      client = await notSent(opened.client);
      signal?.throwIfAborted();
      const result = await untilOver(opened, call(client));
      generation.refusedAt = 0;
      return { result };
    } catch (thrown) {
      const error = thrown instanceof NotSentError ? thrown.cause : thrown;
      const isOver = error instanceof ConnectionOverError;
      const found = isOver ? 'cut' : this.kind.troubleOf(error, generation.refusedAt !== 0, client);
      // What was not sent was not cut.
      const isUnsent = error !== thrown;
      const trouble = signal?.aborted ? undefined : found && isUnsent ? 'refused' : found;
      // One that could not be opened must not stay, whyever.
      const endsIt = trouble !== undefined && (this.kind.endedBy?.includes(trouble) ?? true);
      if (client === undefined || endsIt) this.retire(generation, opened);
      if (trouble === undefined) throw error;
      this.counters[trouble] += 1;
      if (trouble === 'cut' && !safeToRepeat) {
        this.counters.ambiguous += 1;
        throw new AmbiguousOutcomeError('the connection was cut during the call; it may have taken effect', {
          cause: error,
        });
      }
      return { error, trouble, generation };
    } finally {
      opened.inFlight -= 1;
      if (opened.isRetired && opened.inFlight === 0) this.close(opened);
    }
  }

  /** Counts a call in, so that what it uses is not closed before it leaves. */
  private async enter(): Promise<{ readonly generation: Generation<K, C>; readonly opened: Opened<C> }> {
    for (;;) {
      if (this.#isEnded) throw new Error('Cannot use a client that was ended');
      const generation = this.#generation;
      const before = generation.opened;
      const client = await before?.client.catch(() => undefined);
      // Another version came meanwhile: nobody would close what is opened with the old one now.
      if (generation !== this.#generation || this.#isEnded) continue;
      if (before && client !== undefined && this.kind.isOver?.(client) === true) this.retire(generation, before);
      const opened = (generation.opened ??= this.open(generation));
      opened.inFlight += 1;
      return { generation, opened };
    }
  }

  private open({ material }: Generation<K, C>): Opened<C> {
    const client = Promise.resolve().then(() => this.kind.open(material));
    const opened: Opened<C> = { client, underWay: new Set(), inFlight: 0, isRetired: false };
    let tell = (): void => undefined;
    const closed = new Promise<void>((resolve) => (tell = resolve));
    this.#open.set(opened, { closed, tell });
    client
      .then(async (one) => {
        if (!this.kind.over) return;
        await Promise.resolve(this.kind.over(one)).catch(() => undefined);
        for (const tellCall of [...opened.underWay]) tellCall();
      })
      .catch(() => undefined);
    return opened;
  }

  /** Waits for a newer version; the error when none came in time. */
  private async park(version: number, cause: unknown, signal: AbortSignal | undefined): Promise<Error | undefined> {
    this.counters.parked += 1;
    try {
      await this.credential.waitForNewer(version, this.options.parkMs ?? DEFAULT_PARK_MS, signal);
      return undefined;
    } catch (error) {
      if (!(error instanceof IncidentError)) throw error;
      this.counters.timedOut += 1;
      return new IncidentError('CLIENT_PARK_TIMEOUT', error.fields, { cause });
    }
  }

  /** One that is closed while calls use it would fail them: it is closed when the last one has left. */
  private retire(generation: Generation<K, C>, opened = generation.opened): void {
    if (generation.opened === opened) generation.opened = undefined;
    if (!opened || opened.isRetired) return;
    opened.isRetired = true;
    if (opened.inFlight === 0) this.close(opened);
  }

  private close(opened: Opened<C>): void {
    const closing = opened.client.then((one) => this.kind.close(one)).catch(() => undefined);
    void closing.then(() => {
      this.#open.get(opened)?.tell();
      this.#open.delete(opened);
    });
  }
}

function generationOf<K extends Kind, C>(held: Held<K>): Generation<K, C> {
  return { ...held, opened: undefined, refusedAt: 0 };
}

async function notSent<C>(opening: Promise<C>): Promise<C> {
  return opening.catch((cause: unknown) => {
    throw new NotSentError('nothing was sent', { cause });
  });
}

/** A call that gets no answer any more fails when the connection is over. */
function untilOver<T>({ underWay }: Pick<Opened<unknown>, 'underWay'>, call: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const tell = (): void => reject(new ConnectionOverError('the connection is over'));
    underWay.add(tell);
    void call.then(resolve, reject).finally(() => underWay.delete(tell));
  });
}

/** Whether a call may try this version; the one that may, of a version that was refused, keeps the others waiting. */
function mayTry(generation: { refusedAt: number }): boolean {
  if (generation.refusedAt === 0) return true;
  const now = Date.now();
  if (now - generation.refusedAt < TRY_AGAIN_MS) return false;
  generation.refusedAt = now;
  return true;
}
