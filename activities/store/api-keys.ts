import { createHash, randomBytes } from 'node:crypto';
import type { Database } from './database';

export type ApiRole = 'viewer' | 'responder' | 'admin' | 'dependent';

export interface ApiCaller {
  readonly name: string;
  readonly role: ApiRole;
}

export interface ApiKeyStore {
  /** Makes a key and returns it: the only moment its value exists. A name that has a key gets a new one. */
  issue(name: string, role: ApiRole): Promise<string>;
  authenticate(key: string): Promise<ApiCaller | undefined>;
}

export function createApiKeyStore(database: Database): ApiKeyStore {
  return {
    async issue(name, role) {
      const key = `tqk_${randomBytes(32).toString('base64url')}`;
      await database.query(
        `INSERT INTO api_keys (key_hash, name, role) VALUES ($1, $2, $3)
         ON CONFLICT (name) DO UPDATE SET key_hash = EXCLUDED.key_hash, role = EXCLUDED.role`,
        [hashKey(key), name, role],
      );
      return key;
    },

    async authenticate(key) {
      const result = await database.query<ApiCaller>('SELECT name, role FROM api_keys WHERE key_hash = $1', [
        hashKey(key),
      ]);
      return result.rows[0];
    },
  };
}

/** A plain hash is enough: the key has 256 random bits, so there is nothing to guess. */
function hashKey(key: string): string {
  return createHash('sha256').update(key, 'utf8').digest('hex');
}
