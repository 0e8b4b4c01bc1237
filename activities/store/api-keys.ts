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
}

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
}

export function createApiKeyStore(database: Database): ApiKeyStore {
  async function adopt(name: string, role: ApiRole, key: string): Promise<void> {
    await database.query(
      `INSERT INTO api_keys (key_hash, name, role) VALUES ($1, $2, $3)
       ON CONFLICT (name) DO UPDATE SET key_hash = EXCLUDED.key_hash, role = EXCLUDED.role, created_at = now()`,
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
      const result = await database.query<{ name: string; role: ApiRole; created_at: Date }>(
        'SELECT name, role, created_at FROM api_keys ORDER BY name',
      );
      return result.rows.map(({ name, role, created_at }) => ({ name, role, createdAt: created_at }));
    },

    async authenticate(key) {
      const result = await database.query<ApiCaller>('SELECT name, role FROM api_keys WHERE key_hash = $1', [
        hashKey(key),
      ]);
      return result.rows[0];
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
