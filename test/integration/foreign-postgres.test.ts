import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { makeOrdersDatabase } from '../../drills/estate/estate-database';
import { startLocalStack, type LocalStack } from '../../stack/local-stack';
import { makeProductDatabase } from '../../stack/product-database';
import { readSecretFile } from '../../workers/config';

/** Every name of ours, but not `tourniquet_admin`, the superuser of the stack itself. */
const OURS = '^(tourniquet|orders)(?!_admin$)|^orders_admin$';

let stack: Required<Pick<LocalStack, 'postgres'>> & LocalStack;
let directories: string[];

// Of its own: roles belong to a whole server.
beforeAll(async () => (stack = (await startLocalStack({ servers: ['postgres'] })) as typeof stack));
afterAll(() => stack.stop());

beforeEach(() => (directories = []));
afterEach(async () => {
  for (const one of directories) await rm(one, { recursive: true });
  const names = await namesOnServer();
  for (const database of names.databases) await admin(`DROP DATABASE "${database}" WITH (FORCE)`);
  for (const role of names.roles) await admin(`DROP ROLE "${role}"`);
});

async function newDirectory(): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'tourniquet-foreign-'));
  directories.push(directory);
  return directory;
}

async function query<T extends object>(url: string, text: string): Promise<T[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<T>(text)).rows;
  } finally {
    await client.end();
  }
}

const admin = (text: string) => query<{ name: string }>(stack.postgres.adminUrl, text);

async function namesOnServer() {
  const databases = await admin(`SELECT datname AS name FROM pg_database WHERE datname ~ '${OURS}' ORDER BY 1`);
  const roles = await admin(
    `SELECT rolname AS name FROM pg_roles WHERE rolname ~ '${OURS}' AND rolname <> current_user ORDER BY 1`,
  );
  return { databases: databases.map(({ name }) => name), roles: roles.map(({ name }) => name) };
}

/** The server's record of a role's password, login and grants. */
const recordOf = (role: string) => admin(`SELECT a::text AS name FROM pg_authid a WHERE rolname = '${role}'`);

const userOf = (file: string) => new URL(readSecretFile(file)).username;

describe('Tourniquet’s own database', () => {
  it('has the plain name where that is free, is found again by its file, and goes when told', async () => {
    const directory = await newDirectory();

    const first = await makeProductDatabase(stack.postgres.adminUrl, directory);
    const before = await recordOf('tourniquet');
    const again = await makeProductDatabase(stack.postgres.adminUrl, directory);
    await again.drop();
    const kept = await namesOnServer();
    await first.drop();

    expect([again.urlFile, userOf(first.urlFile)]).toEqual([first.urlFile, 'tourniquet']);
    expect(before).toHaveLength(1);
    expect(kept).toEqual({ databases: ['tourniquet'], roles: ['tourniquet'] });
    expect(await namesOnServer()).toEqual({ databases: [], roles: [] });
  });

  it('leaves a role and a database of that name alone, and takes another name', async () => {
    await admin(`CREATE ROLE tourniquet LOGIN PASSWORD 'theirs'`);
    await admin('CREATE DATABASE tourniquet OWNER tourniquet');
    const before = await recordOf('tourniquet');

    const made = await makeProductDatabase(stack.postgres.adminUrl, await newDirectory());
    const during = await recordOf('tourniquet');
    const name = userOf(made.urlFile);
    const tables = await query(readSecretFile(made.urlFile), 'SELECT 1 FROM containments');
    await made.drop();

    expect(name).toMatch(/^tourniquet_[0-9a-f]{6}$/);
    expect(during).toEqual(before);
    expect(tables).toEqual([]);
    expect(await namesOnServer()).toEqual({ databases: ['tourniquet'], roles: ['tourniquet'] });
  });

  it('refuses when its file does not open the role that is there, and changes nothing', async () => {
    const directory = await newDirectory();
    await admin(`CREATE ROLE tourniquet LOGIN PASSWORD 'theirs'`);
    const before = await recordOf('tourniquet');
    const url = new URL(stack.postgres.adminUrl);
    [url.username, url.password, url.pathname] = ['tourniquet', 'not-theirs', '/tourniquet'];
    await writeFile(path.join(directory, 'database.url'), url.toString());

    const made = makeProductDatabase(stack.postgres.adminUrl, directory);

    await expect(made).rejects.toMatchObject({ name: 'StackError', code: 'DATABASE_NOT_OURS' });
    await expect(made).rejects.not.toThrow(/not-theirs/);
    expect(await recordOf('tourniquet')).toEqual(before);
    expect((await namesOnServer()).databases).toEqual([]);
  });

  it('refuses a database of its name that another role owns', async () => {
    const directory = await newDirectory();
    const { urlFile, drop } = await makeProductDatabase(stack.postgres.adminUrl, directory);
    await drop();
    await admin('CREATE DATABASE tourniquet');

    await expect(makeProductDatabase(stack.postgres.adminUrl, path.dirname(urlFile))).rejects.toMatchObject({
      code: 'DATABASE_NOT_OURS',
    });
    expect(await namesOnServer()).toEqual({ databases: ['tourniquet'], roles: [] });
  });
});

describe('the estate’s database', () => {
  it('is called orders where that is free, and takes every role of its versions along', async () => {
    const orders = await makeOrdersDatabase(stack.postgres.adminUrl);
    // A live version, and one that was revoked: that acts as nobody any more.
    await query(orders.adminUrl, `CREATE ROLE orders_v2 LOGIN IN ROLE ${orders.ownerRole}`);
    await query(orders.adminUrl, 'CREATE ROLE orders_v1 NOLOGIN');
    const during = await namesOnServer();
    await orders.drop();

    expect(during).toEqual({
      databases: ['orders'],
      roles: ['orders_admin', 'orders_owner', 'orders_v1', 'orders_v2'],
    });
    expect([orders.database, orders.principal]).toEqual(['orders', 'orders']);
    expect(await namesOnServer()).toEqual({ databases: [], roles: [] });
  });

  it.each(['orders', 'orders_owner', 'orders_admin', 'orders_v1'])(
    'leaves a role %s alone, and takes other names',
    async (role) => {
      await admin(`CREATE ROLE ${role} LOGIN PASSWORD 'theirs'`);
      const before = await recordOf(role);

      const orders = await makeOrdersDatabase(stack.postgres.adminUrl);
      const during = await recordOf(role);
      await orders.drop();

      expect(orders.database).toMatch(/^orders_[0-9a-f]{6}$/);
      expect([orders.ownerRole, orders.principal]).toEqual([`${orders.database}_owner`, orders.database]);
      expect(during).toEqual(before);
      expect(await namesOnServer()).toEqual({ databases: [], roles: [role] });
    },
  );
});
