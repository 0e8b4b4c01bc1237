import { Pool, type PoolClient, type PoolConfig, type QueryResult, type QueryResultRow } from 'pg';
import { IncidentError } from '../../domain/errors';
import { DEFAULT_PARK_MS, type Held, type ManagedCredential } from './managed-credential';

export interface ResilientPoolOptions {
  /** Of each version's pool; host, port, database, user and password come with the secret. */
  readonly pool?: Omit<PoolConfig, 'host' | 'port' | 'database' | 'user' | 'password' | 'connectionString'>;
  /** How long a refused query waits for a replacement, in milliseconds. */
  readonly parkMs?: number;
}

export interface QueryOptions {
  /** Repeating it has no second effect: a read, or a write with an idempotency key. Only such a query is sent again. */
  readonly safeToRepeat: boolean;
}

/** The outcome of a statement that was sent before its connection was cut is not known, and it is not safe to send it again. */
export class AmbiguousOutcomeError extends Error {
  override readonly name = 'AmbiguousOutcomeError';
}

const CONNECT_TIMEOUT_MS = 5_000;

/** SQLSTATEs of a refused login, of a connection ended by an administrator, and of class 08, connection exceptions. */
const REFUSED = /^(?:28000|28P01|57P01|57P02|57P03|08...)$/;
/** The driver's and the operating system's words for a lost connection. */
const LOST = /^(?:ECONNRESET|ECONNREFUSED|EPIPE|ETIMEDOUT)$/;
const LOST_MESSAGE =
  /Connection terminated|connection is closed|Client has encountered a connection error|not queryable/;
/** The pool's words (`pg-pool`) for a query that found no client in time: of itself no more than a busy pool. */
const NO_CLIENT_MESSAGE = 'timeout exceeded when trying to connect';

/**
 * A `pg` pool that survives the end of its credential: a query that is refused, or whose connection is cut, waits for the next
 * version of the secret and is sent once more where that is safe. The old pool drains in the background.
 */
export class ResilientPool {
  #generation: Generation;
  readonly #ending = new Set<Promise<void>>();

  constructor(
    private readonly credential: ManagedCredential<'postgres'>,
    private readonly options: ResilientPoolOptions = {},
  ) {
    this.#generation = this.open(credential.held);
    credential.onChanged((held) => this.swap(this.open(held)));
  }

  get version(): number {
    return this.#generation.version;
  }

  /** @throws AmbiguousOutcomeError when it may have happened and must not be repeated; IncidentError CLIENT_PARK_TIMEOUT. */
  async query<R extends QueryResultRow>(
    text: string,
    values: readonly unknown[],
    options: QueryOptions,
  ): Promise<QueryResult<R>> {
    const generation = this.#generation;
    if (mayTry(generation)) {
      try {
        return await this.attempt<R>(text, values, options);
      } catch (error) {
        if (!isRefusal(error, generation)) throw error;
        generation.refusedAt = Date.now();
      }
    }
    const timedOut = await this.park(generation.version);
    // Those that have waited in vain must not all log in at once: one of them may, another's answer just now holds for the rest.
    const current = this.#generation;
    if (timedOut && !mayTry(current)) throw timedOut;
    try {
      // Also when nothing newer came in time: the version may have been restored.
      return await this.attempt<R>(text, values, options);
    } catch (error) {
      throw timedOut && isRefusal(error, current) ? timedOut : error;
    }
  }

  /** Waits for a newer version; the error when none came in time. */
  private async park(version: number): Promise<Error | undefined> {
    try {
      await this.credential.waitForNewer(version, this.options.parkMs ?? DEFAULT_PARK_MS);
      return undefined;
    } catch (error) {
      if (error instanceof IncidentError) return error;
      throw error;
    }
  }

  async end(): Promise<void> {
    this.retire(this.#generation);
    await Promise.all(this.#ending);
  }

  private async attempt<R extends QueryResultRow>(
    text: string,
    values: readonly unknown[],
    options: QueryOptions,
  ): Promise<QueryResult<R>> {
    const generation = this.#generation;
    generation.inFlight += 1;
    try {
      // A refusal here comes before anything was sent, so it is always safe to try again.
      const client = await generation.pool.connect();
      const result = await runOn<R>(client, text, values, options);
      generation.refusedAt = 0;
      return result;
    } finally {
      generation.inFlight -= 1;
      if (generation.retired && generation.inFlight === 0) this.finish(generation);
    }
  }

  private open(held: Held<'postgres'>): Generation {
    const { kind: _kind, ...connection } = held.material;
    const pool = new Pool({ connectionTimeoutMillis: CONNECT_TIMEOUT_MS, ...this.options.pool, ...connection });
    const generation = { version: held.version, pool, connected: 0, inFlight: 0, retired: false, refusedAt: 0 };
    // Idle clients whose session was ended emit here; the next query finds out by itself.
    pool.on('error', () => undefined);
    // So does a client in use, between two statements; without a listener of its own it would end the whole process.
    pool.on('connect', (client) => {
      generation.connected += 1;
      client.on('error', () => undefined);
    });
    pool.on('remove', () => (generation.connected -= 1));
    return generation;
  }

  private swap(next: Generation): void {
    const old = this.#generation;
    this.#generation = next;
    this.retire(old);
  }

  /** A pg pool that is ended while queries wait for a client never answers them: it ends when the last one has left. */
  private retire(generation: Generation): void {
    generation.retired = true;
    if (generation.inFlight === 0) this.finish(generation);
  }

  private finish(generation: Generation): void {
    const ending = generation.pool.end().catch(() => undefined);
    this.#ending.add(ending);
    void ending.then(() => this.#ending.delete(ending));
  }
}

/** The pool of one secret version. */
interface Generation {
  readonly version: number;
  readonly pool: Pool;
  /** Clients of the pool that have logged in and are not ended. */
  connected: number;
  inFlight: number;
  retired: boolean;
  /** When it was last refused, milliseconds since the epoch; 0 while it is accepted. */
  refusedAt: number;
}

/** While a version is refused only one query in this time tries it: a login costs the server far more than a wait costs us. */
const TRY_AGAIN_MS = 250;

/** Whether a query may try this version; the one that may, of a version that was refused, keeps the others waiting. */
function mayTry(generation: Generation): boolean {
  if (generation.refusedAt === 0) return true;
  const now = Date.now();
  if (now - generation.refusedAt < TRY_AGAIN_MS) return false;
  generation.refusedAt = now;
  return true;
}

async function runOn<R extends QueryResultRow>(
  client: PoolClient,
  text: string,
  values: readonly unknown[],
  options: QueryOptions,
): Promise<QueryResult<R>> {
  try {
    const result = await client.query<R>(text, [...values]);
    client.release();
    return result;
  } catch (error) {
    const lost = isCredentialTrouble(error);
    client.release(lost);
    if (lost && !options.safeToRepeat) {
      throw new AmbiguousOutcomeError('the connection was cut while the statement ran; it may have taken effect', {
        cause: error,
      });
    }
    throw error;
  }
}

function isCredentialTrouble(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof AmbiguousOutcomeError) return false;
  const code = 'code' in error ? String(error.code) : '';
  return REFUSED.test(code) || LOST.test(code) || LOST_MESSAGE.test(error.message);
}

/** Also of a query queued behind logins of which none is let in: nothing was sent, and its turn would have ended as theirs did. */
function isRefusal(error: unknown, { refusedAt, connected }: Generation): boolean {
  if (isCredentialTrouble(error)) return true;
  const isLetIn = refusedAt === 0 && connected > 0;
  return !isLetIn && error instanceof Error && error.message === NO_CLIENT_MESSAGE;
}
