import { randomBytes } from 'node:crypto';
import { Client, escapeIdentifier, escapeLiteral } from 'pg';
import { scramVerifier } from '../../activities/providers/scram-verifier';
import { freeSuffix } from '../../stack/free-names';

export interface OrdersDatabase {
  /** Of the admin role. */
  readonly adminUrl: string;
  readonly database: string;
  readonly ownerRole: string;
  /** What the login roles of the credential's versions are named by. */
  readonly principal: string;
  /** Takes away the database and every role of it, those of versions included. */
  drop(): Promise<void>;
}

const NAME = 'orders';

/**
 * Makes the `orders` database of the estate, owned by a role nobody logs in with, and the admin role Tourniquet gets there: what
 * `postgres-role` declares it needs, and no superuser. On a server where one of the names is taken, all get a suffix.
 */
export async function makeOrdersDatabase(superuserUrl: string): Promise<OrdersDatabase> {
  const password = randomBytes(24).toString('base64url');
  const names = await withClient(superuserUrl, async (client) =>
    namesWith(await freeSuffix(client, (suffix) => (name) => isOneOf(namesWith(suffix), name))),
  );
  const [owner, admin] = [escapeIdentifier(names.ownerRole), escapeIdentifier(names.adminRole)];
  await run(superuserUrl, [
    `CREATE ROLE ${owner} NOLOGIN`,
    `CREATE ROLE ${admin} LOGIN CREATEROLE PASSWORD ${escapeLiteral(scramVerifier(password))}`,
    `GRANT ${owner} TO ${admin} WITH ADMIN OPTION`,
    `GRANT pg_signal_backend, pg_read_all_stats TO ${admin}`,
    `CREATE DATABASE ${escapeIdentifier(names.database)} OWNER ${owner}`,
  ]);
  const inOrders = new URL(superuserUrl);
  inOrders.pathname = `/${names.database}`;
  await run(inOrders.toString(), [
    'CREATE TABLE orders (idempotency_key uuid PRIMARY KEY, service text NOT NULL, amount integer NOT NULL, placed_at timestamptz NOT NULL DEFAULT now())',
    'CREATE INDEX ON orders (service)',
    `ALTER TABLE orders OWNER TO ${owner}`,
  ]);
  const adminUrl = new URL(inOrders);
  adminUrl.username = names.adminRole;
  adminUrl.password = password;
  return { ...names, adminUrl: adminUrl.toString(), drop: () => dropOrders(superuserUrl, names) };
}

type Names = ReturnType<typeof namesWith>;

function namesWith(suffix: string) {
  const database = `${NAME}${suffix}`;
  return { database, ownerRole: `${database}_owner`, adminRole: `${database}_admin`, principal: database };
}

function isOneOf(names: Names, name: string): boolean {
  return name === names.database || name === names.ownerRole || name === names.adminRole || isVersion(names, name);
}

/** A login role of one version: `<principal>_v<number>`. */
function isVersion({ principal }: Names, role: string): boolean {
  return role.startsWith(`${principal}_v`) && /^\d+$/.test(role.slice(principal.length + 2));
}

/** By name: a revoked version's role is no member of the owner any more. All of these names were free when they were taken. */
async function dropOrders(superuserUrl: string, names: Names): Promise<void> {
  await withClient(superuserUrl, async (client) => {
    await client.query(`DROP DATABASE IF EXISTS ${escapeIdentifier(names.database)} WITH (FORCE)`);
    const { rows } = await client.query<{ name: string }>('SELECT rolname AS name FROM pg_roles');
    const versions = rows.map(({ name }) => name).filter((name) => isVersion(names, name));
    for (const role of [...versions, names.adminRole, names.ownerRole])
      await client.query(`DROP ROLE IF EXISTS ${escapeIdentifier(role)}`);
  });
}

/** Sessions of a role that still live. */
export async function sessionsOf(superuserUrl: string, role: string): Promise<number> {
  return withClient(superuserUrl, async (client) => {
    const result = await client.query<{ n: number }>(
      'SELECT count(*)::int AS n FROM pg_stat_activity WHERE usename = $1',
      [role],
    );
    return result.rows[0]?.n ?? 0;
  });
}

function run(url: string, statements: readonly string[]): Promise<void> {
  return withClient(url, async (client) => {
    for (const statement of statements) await client.query(statement);
  });
}

async function withClient<T>(url: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
