import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, DatabaseError, escapeIdentifier, escapeLiteral } from 'pg';
import { scramVerifier } from '../activities/providers/scram-verifier';
import { migrate } from '../activities/store/migrate';
import { freeSuffix } from './free-names';
import { makeSecretFile } from './key-files';
import { StackError } from './stack-error';

export interface ProductDatabase {
  /** Holds its connection string. */
  readonly urlFile: string;
  /** Takes away the role and the database that this call made, and nothing that was there before. */
  drop(): Promise<void>;
}

const FILE_NAME = 'database.url';

/**
 * Makes Tourniquet's own database with a role that owns it and nothing else, and brings its schema up to date. What the kept
 * connection string opens is used again; without one, names that are taken get a suffix. A role or a database that was there is
 * never altered: it may be somebody else's.
 * @throws StackError DATABASE_NOT_OURS
 */
export async function makeProductDatabase(
  adminUrl: string,
  secretDirectory: string,
  wantedName = 'tourniquet',
): Promise<ProductDatabase> {
  const admin = await connected(adminUrl);
  const made = { role: '', database: '' };
  const drop = (): Promise<void> => dropMade(adminUrl, made);
  try {
    const urlFile = await keptUrlFile(admin, adminUrl, secretDirectory, wantedName);
    const url = await readUrl(urlFile);
    const name = decodeURIComponent(url.username);
    const role = escapeIdentifier(name);
    const owner = await ownerOf(admin, name);
    if (await roleExists(admin, name)) await mustLogIn(url, adminUrl, owner === undefined, urlFile);
    else if (owner === undefined) {
      const verifier = scramVerifier(decodeURIComponent(url.password));
      await admin.query(`CREATE ROLE ${role} LOGIN PASSWORD ${escapeLiteral(verifier)}`);
      made.role = name;
    }
    if (owner !== undefined && owner !== name) throw notOurs(name, urlFile, `its database is owned by ${owner}`);
    if (owner === undefined) {
      await admin.query(`CREATE DATABASE ${role} OWNER ${role}`);
      made.database = name;
    }
    await migrate(url.toString());
    return { urlFile, drop };
  } catch (error) {
    await drop().catch(() => undefined);
    throw error;
  } finally {
    await admin.end();
  }
}

/** The file of an earlier time, or a new one with a name that nobody on the server has. */
async function keptUrlFile(admin: Client, adminUrl: string, directory: string, wantedName: string): Promise<string> {
  const kept = join(directory, FILE_NAME);
  if ((await readFile(kept).catch(() => undefined)) !== undefined) return kept;
  const name = wantedName + (await freeSuffix(admin, (suffix) => (taken) => taken === wantedName + suffix));
  const url = new URL(adminUrl);
  url.username = name;
  url.password = randomBytes(24).toString('base64url');
  url.pathname = `/${name}`;
  return makeSecretFile(directory, FILE_NAME, url.toString());
}

/** Where the database is still missing, any other proves the password as well. */
async function mustLogIn(url: URL, adminUrl: string, databaseIsMissing: boolean, file: string): Promise<void> {
  const tried = new URL(url);
  if (databaseIsMissing) tried.pathname = new URL(adminUrl).pathname;
  try {
    await (await connected(tried.toString())).end();
  } catch (error) {
    // Of the error only the code: the message may hold the address.
    const why = error instanceof DatabaseError ? `PostgreSQL answers ${error.code ?? 'nothing'}` : 'it is not reached';
    throw notOurs(decodeURIComponent(url.username), file, why, error);
  }
}

function notOurs(name: string, file: string, why: string, cause?: unknown): StackError {
  return new StackError(
    'DATABASE_NOT_OURS',
    `The role or database "${name}" exists on the PostgreSQL server, and ${file} does not open it (${why}). Nothing was changed. ` +
      'Restore that file if the database is Tourniquet’s; otherwise remove the file, and a database of another name is made.',
    { cause },
  );
}

async function roleExists(admin: Client, name: string): Promise<boolean> {
  return (await admin.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [name])).rowCount === 1;
}

async function ownerOf(admin: Client, database: string): Promise<string | undefined> {
  const { rows } = await admin.query<{ owner: string }>(
    'SELECT pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = $1',
    [database],
  );
  return rows[0]?.owner;
}

async function dropMade(adminUrl: string, made: { readonly role: string; readonly database: string }): Promise<void> {
  const admin = await connected(adminUrl);
  try {
    if (made.database) await admin.query(`DROP DATABASE IF EXISTS ${escapeIdentifier(made.database)} WITH (FORCE)`);
    if (made.role) await admin.query(`DROP ROLE IF EXISTS ${escapeIdentifier(made.role)}`);
  } finally {
    await admin.end();
  }
}

async function readUrl(file: string): Promise<URL> {
  const text = (await readFile(file, 'utf8')).trim();
  if (URL.canParse(text)) return new URL(text);
  throw notOurs('tourniquet', file, 'it holds no connection string');
}

async function connected(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  await client.connect();
  return client;
}
