import { createHash, randomBytes } from 'node:crypto';
import type { ApiRole } from '../../domain/api-role';
import { IncidentError } from '../../domain/errors';
import type { Database } from './database';

export interface ApiCaller {
  readonly name: string;
  readonly role: ApiRole;
}

export interface ApiKeyRecord extends ApiCaller {
  readonly createdAt: Date;
  /** Where it was found in the open; null where it was not. */
  readonly leakedIn: string | null;
}

/** Where a key was found in the open, and by whom. */
export interface KeyLeak {
  readonly source: string;
  readonly reporter: string;
}

export interface LeakedApiKey extends ApiCaller, KeyLeak {}

export interface ApiKeyStore {
  /** Makes a key and returns it: the only moment its value exists. A name that has a key gets a new one. */
  issue(name: string, role: ApiRole): Promise<string>;
  /** Takes a key that was made elsewhere, in place of the name's own. */
  adopt(name: string, role: ApiRole, key: string): Promise<void>;
  /** As `issue`, for a name that has none. @throws IncidentError API_KEY_EXISTS */
  create(name: string, role: ApiRole): Promise<string>;
  /** Ends a key at once. @throws IncidentError API_KEY_UNKNOWN */
  revoke(name: string): Promise<ApiCaller>;
  list(): Promise<readonly ApiKeyRecord[]>;
  authenticate(key: string): Promise<ApiCaller | undefined>;
  /** Notes that a key is exposed; whether it is one of ours that lives. What was noted first stays. */
  noteLeak(key: string, leak: KeyLeak): Promise<boolean>;
  /** Keys that are exposed and live. */
  leaked(): Promise<readonly LeakedApiKey[]>;
}

export function createApiKeyStore(database: Database): ApiKeyStore {
  async function adopt(name: string, role: ApiRole, key: string): Promise<void> {
    await database.query(
      `INSERT INTO api_keys (key_hash, name, role) VALUES ($1, $2, $3)
       ON CONFLICT (name) DO UPDATE SET key_hash = EXCLUDED.key_hash, role = EXCLUDED.role, created_at = now(),
         leaked_at = CASE WHEN api_keys.key_hash = EXCLUDED.key_hash THEN api_keys.leaked_at END`,
      [hashKey(key), name, role],
    );
  }

  return {
    adopt,

    async issue(name, role) {
      const key = newApiKey();
      await adopt(name, role, key);
      return key;
    },

    async create(name, role) {
      const key = newApiKey();
      const result = await database.query(
        'INSERT INTO api_keys (key_hash, name, role) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING',
        [hashKey(key), name, role],
      );
      if (result.rowCount === 0) throw new IncidentError('API_KEY_EXISTS', { name });
      return key;
    },

    async revoke(name) {
      const result = await database.query<ApiCaller>('DELETE FROM api_keys WHERE name = $1 RETURNING name, role', [
        name,
      ]);
      const revoked = result.rows[0];
      if (!revoked) throw new IncidentError('API_KEY_UNKNOWN', { name });
      return revoked;
    },

    async list() {
      const result = await database.query<
        Omit<ApiKeyRecord, 'createdAt' | 'leakedIn'> & { created_at: Date; leaked_in: string | null }
      >(
        `SELECT name, role, created_at, CASE WHEN leaked_at IS NOT NULL THEN leaked_in END AS leaked_in
         FROM api_keys ORDER BY name`,
      );
      return result.rows.map(({ created_at, leaked_in, ...key }) => ({
        ...key,
        createdAt: created_at,
        leakedIn: leaked_in,
      }));
    },

    async authenticate(key) {
      const result = await database.query<ApiCaller>('SELECT name, role FROM api_keys WHERE key_hash = $1', [
        hashKey(key),
      ]);
      return result.rows[0];
    },

    async noteLeak(key, { source, reporter }) {
      const { rowCount } = await database.query(
        `UPDATE api_keys SET leaked_at = coalesce(leaked_at, now()),
           leaked_in = CASE WHEN leaked_at IS NULL THEN $2 ELSE leaked_in END,
           leak_reporter = CASE WHEN leaked_at IS NULL THEN $3 ELSE leak_reporter END
         WHERE key_hash = $1`,
        [hashKey(key), source, reporter],
      );
      return rowCount === 1;
    },

    async leaked() {
      const { rows } = await database.query<LeakedApiKey>(
        `SELECT name, role, leaked_in AS source, leak_reporter AS reporter FROM api_keys
         WHERE leaked_at IS NOT NULL ORDER BY name`,
      );
      return rows;
    },
  };
}

/** 256 random bits, with the prefix by which scanners know it. */
export function newApiKey(): string {
  return `tqk_${randomBytes(32).toString('base64url')}`;
}

/** A plain hash is enough: the key has 256 random bits, so there is nothing to guess. */
function hashKey(key: string): string {
  return createHash('sha256').update(key, 'utf8').digest('hex');
}
