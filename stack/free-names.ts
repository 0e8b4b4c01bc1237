import { randomBytes } from 'node:crypto';
import type { Client } from 'pg';

/**
 * A suffix with which no role and no database of the server is meant by `isOurs`: empty where it can be. What stands there already
 * belongs to somebody else.
 */
export async function freeSuffix(
  admin: Client,
  isOurs: (suffix: string) => (name: string) => boolean,
): Promise<string> {
  const { rows } = await admin.query<{ name: string }>(
    'SELECT rolname AS name FROM pg_roles UNION SELECT datname FROM pg_database',
  );
  let suffix = '';
  while (rows.some(({ name }) => isOurs(suffix)(name))) suffix = `_${randomBytes(3).toString('hex')}`;
  return suffix;
}
