import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Client, escapeIdentifier, escapeLiteral } from 'pg';
import { migrate } from '../activities/store/migrate';
import { makeSecretFile } from './key-files';

/**
 * Makes Tourniquet's own database with a role that owns it and nothing else, and brings its schema up to date. Returns the file
 * that holds its connection string.
 */
export async function makeProductDatabase(
  adminUrl: string,
  secretDirectory: string,
  name = 'tourniquet',
): Promise<string> {
  const url = new URL(adminUrl);
  url.username = name;
  url.password = randomBytes(24).toString('base64url');
  url.pathname = `/${name}`;
  const file = await makeSecretFile(secretDirectory, 'database.url', url.toString());
  const kept = new URL((await readFile(file, 'utf8')).trim());
  const admin = new Client({ connectionString: adminUrl });
  await admin.connect();
  try {
    const role = escapeIdentifier(name);
    const exists = await admin.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [name]);
    if (exists.rowCount === 0) await admin.query(`CREATE ROLE ${role} LOGIN`);
    await admin.query(`ALTER ROLE ${role} PASSWORD ${escapeLiteral(decodeURIComponent(kept.password))}`);
    const database = await admin.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (database.rowCount === 0) await admin.query(`CREATE DATABASE ${role} OWNER ${role}`);
  } finally {
    await admin.end();
  }
  await migrate(kept.toString());
  return file;
}
