import { Pool, type PoolConfig, type QueryResult, type QueryResultRow } from 'pg';
import type { ManagedCredential } from './managed-credential';
import {
  NotSentError,
  ResilientClient,
  type CallOptions,
  type ClientKind,
  type ResilienceCounters,
  type ResilientOptions,
  type Trouble,
} from './resilient-client';

export interface ResilientPoolOptions extends ResilientOptions {
  /** Of each version's pool; host, port, database, user and password come with the secret. */
  readonly pool?: Omit<PoolConfig, 'host' | 'port' | 'database' | 'user' | 'password' | 'connectionString'>;
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

interface OpenPool {
  readonly pool: Pool;
  /** Its clients that have logged in and are not ended. */
  connected: number;
}

/** A `pg` pool that survives the end of its credential: `ResilientClient` with the queries of a pool. */
export class ResilientPool {
  readonly #pools: ResilientClient<'postgres', OpenPool>;

  constructor(credential: ManagedCredential<'postgres'>, { pool, parkMs }: ResilientPoolOptions = {}) {
    this.#pools = new ResilientClient(credential, poolKind(pool), parkMs === undefined ? {} : { parkMs });
  }

  get version(): number {
    return this.#pools.version;
  }

  get counters(): Readonly<ResilienceCounters> {
    return this.#pools.counters;
  }

  /** @throws AmbiguousOutcomeError when it may have happened and must not be repeated; IncidentError CLIENT_PARK_TIMEOUT. */
  query<R extends QueryResultRow>(
    text: string,
    values: readonly unknown[],
    options: CallOptions,
  ): Promise<QueryResult<R>> {
    return this.#pools.run(({ pool }) => queryOn<R>(pool, text, values), options);
  }

  end(): Promise<void> {
    return this.#pools.end();
  }
}

function poolKind(config: ResilientPoolOptions['pool']): ClientKind<'postgres', OpenPool> {
  return {
    open({ kind: _kind, ...connection }) {
      const pool = new Pool({ connectionTimeoutMillis: CONNECT_TIMEOUT_MS, ...config, ...connection });
      const open = { pool, connected: 0 };
      // Idle clients whose session was ended emit here; the next query finds out by itself.
      pool.on('error', () => undefined);
      // So does a client in use, between two statements; without a listener of its own it would end the whole process.
      pool.on('connect', (client) => {
        open.connected += 1;
        client.on('error', () => undefined);
      });
      pool.on('remove', () => (open.connected -= 1));
      return open;
    },
    close: ({ pool }) => pool.end(),
    // It drops the one session that had trouble.
    endedBy: [],
    troubleOf(error, isRefused, open) {
      // Queued behind logins of which none is let in: nothing was sent, and its turn would have ended as theirs did.
      const isLetIn = !isRefused && (open?.connected ?? 0) > 0;
      if (!isLetIn && error instanceof Error && error.message === NO_CLIENT_MESSAGE) return 'refused';
      return connectionTrouble(error);
    },
  };
}

async function queryOn<R extends QueryResultRow>(
  pool: Pool,
  text: string,
  values: readonly unknown[],
): Promise<QueryResult<R>> {
  const client = await pool.connect().catch((cause: unknown) => {
    throw new NotSentError('no client', { cause });
  });
  try {
    const result = await client.query<R>(text, [...values]);
    client.release();
    return result;
  } catch (error) {
    client.release(connectionTrouble(error) !== undefined);
    throw error;
  }
}

function connectionTrouble(error: unknown): Trouble | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error ? String(error.code) : '';
  return REFUSED.test(code) || LOST.test(code) || LOST_MESSAGE.test(error.message) ? 'cut' : undefined;
}
