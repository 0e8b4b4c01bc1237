import { randomBytes } from 'node:crypto';
import { Client, escapeIdentifier, escapeLiteral } from 'pg';

export const ORDERS_DATABASE = 'orders';
export const ORDERS_OWNER = 'orders_owner';
const ADMIN_ROLE = 'orders_admin';

/**
 * Makes the `orders` database of the estate, owned by a role nobody logs in with, and the admin role Tourniquet gets there: what
 * `postgres-role` declares it needs, and no superuser. Returns that role's connection string.
 */
export async function makeOrdersDatabase(superuserUrl: string): Promise<string> {
  const password = randomBytes(24).toString('base64url');
  const owner = escapeIdentifier(ORDERS_OWNER);
  const admin = escapeIdentifier(ADMIN_ROLE);
  await run(superuserUrl, [
    `CREATE ROLE ${owner} NOLOGIN`,
    `CREATE ROLE ${admin} LOGIN CREATEROLE PASSWORD ${escapeLiteral(password)}`,
    `GRANT ${owner} TO ${admin} WITH ADMIN OPTION`,
    `GRANT pg_signal_backend, pg_read_all_stats TO ${admin}`,
    `CREATE DATABASE ${escapeIdentifier(ORDERS_DATABASE)} OWNER ${owner}`,
  ]);
  const inOrders = new URL(superuserUrl);
  inOrders.pathname = `/${ORDERS_DATABASE}`;
  await run(inOrders.toString(), [
    'CREATE TABLE orders (idempotency_key uuid PRIMARY KEY, service text NOT NULL, amount integer NOT NULL, placed_at timestamptz NOT NULL DEFAULT now())',
    'CREATE INDEX ON orders (service)',
    `ALTER TABLE orders OWNER TO ${owner}`,
  ]);
  const adminUrl = new URL(inOrders);
  adminUrl.username = ADMIN_ROLE;
  adminUrl.password = password;
  return adminUrl.toString();
}

/** Sessions of a role that still live. */
export async function sessionsOf(superuserUrl: string, role: string): Promise<number> {
  const client = new Client({ connectionString: superuserUrl });
  await client.connect();
  try {
    const result = await client.query<{ n: number }>(
      'SELECT count(*)::int AS n FROM pg_stat_activity WHERE usename = $1',
      [role],
    );
    return result.rows[0]?.n ?? 0;
  } finally {
    await client.end();
  }
}

async function run(url: string, statements: readonly string[]): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
