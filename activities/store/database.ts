import { Pool, type PoolClient } from 'pg';

/** What the stores need of PostgreSQL. */
export type Database = Pool;

const QUERY_TIMEOUT_MS = 10_000;

/** Opens the pool of one process. The caller ends it. */
export function openDatabase(
  connectionString: string,
  options: { readonly applicationName: string; readonly max?: number },
): Database {
  const pool = new Pool({
    connectionString,
    application_name: options.applicationName,
    max: options.max ?? 10,
    connectionTimeoutMillis: 5_000,
    // Our statements take milliseconds. On a half-open connection one would wait for ever, and keep its place in the pool.
    query_timeout: QUERY_TIMEOUT_MS,
    // Kept open: a login costs tens of milliseconds, and an incident has none to spare.
    idleTimeoutMillis: 0,
  });
  // An idle client that loses its server emits here; without a listener the whole process would end. The next query reports it.
  pool.on('error', () => undefined);
  // So does a client in use, between two statements.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/** SQLSTATEs of lost connections, of a server that ends or has no room; and the operating system's words. */
const AWAY_CODE =
  /^(?:08...|53300|57P0[123]|ECONNRESET|ECONNREFUSED|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/;
/** The driver's, which have no code. */
const AWAY_MESSAGE =
  /^(?:Connection terminated|Query read timeout|timeout exceeded when trying to connect|Client .* not queryable)/;

/** Whether the server, or the way to it, is what failed, and not the query: the same may work in a while. */
export function isDatabaseAway(error: unknown): boolean {
  const { code, message } = Object(error) as { readonly code?: unknown; readonly message?: unknown };
  return AWAY_CODE.test(String(code)) || AWAY_MESSAGE.test(String(message));
}

/** Logs in before anybody waits for it. */
export async function warmUp(database: Database, connections: number): Promise<void> {
  const clients = await Promise.all(Array.from({ length: connections }, () => database.connect()));
  for (const client of clients) client.release();
}

/** Runs `work` in one transaction; rolls back when it throws. */
export async function inTransaction<T>(database: Database, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await database.connect();
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    client.release();
    return result;
  } catch (error) {
    const isUsable = await client.query('ROLLBACK').then(
      () => true,
      () => false,
    );
    client.release(!isUsable);
    throw error;
  }
}
