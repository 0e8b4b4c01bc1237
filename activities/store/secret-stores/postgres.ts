import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { SecretRef } from '../../../domain/credential';
import { IncidentError } from '../../../domain/errors';
import type { SecretStore } from '../../../domain/ports/stores';
import type { Database } from '../database';
import { notFound } from './secret-place';
import { OWN_STORE } from './store-settings';
import { inTime } from './store-unavailable';

const ALGORITHM = 'aes-256-gcm';
/** NIST SP 800-38D recommends 96-bit nonces for GCM; random ones are safe far beyond the number of secrets of any company. */
const NONCE_BYTES = 12;

/** The key values are sealed with: 32 bytes, held in a file that PostgreSQL never sees. */
export interface SealingKey {
  readonly id: string;
  readonly key: Buffer;
}

/** Values in our own PostgreSQL, sealed with AES-256-GCM and bound to their place, so that rows can't be swapped. */
export function createPostgresStore(database: Database, sealing: SealingKey): SecretStore {
  return {
    async putIfAbsent(ref, value) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, sealing.key, nonce).setAAD(place(ref));
      const ciphertext = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()]);
      const result = await ask('store', () =>
        database.query(
          `INSERT INTO secrets (path, version, key_id, nonce, ciphertext, tag) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (path, version) DO NOTHING`,
          [ref.path, ref.version, sealing.id, nonce, ciphertext, cipher.getAuthTag()],
        ),
      );
      return result.rowCount === 1 ? 'stored' : 'exists';
    },

    async get(ref) {
      const result = await ask('get', () =>
        database.query<{ key_id: string; nonce: Buffer; ciphertext: Buffer; tag: Buffer }>(
          'SELECT key_id, nonce, ciphertext, tag FROM secrets WHERE path = $1 AND version = $2',
          [ref.path, ref.version],
        ),
      );
      const row = result.rows[0];
      if (!row) throw notFound(ref);
      try {
        const decipher = createDecipheriv(ALGORITHM, sealing.key, row.nonce).setAAD(place(ref)).setAuthTag(row.tag);
        return Buffer.concat([decipher.update(row.ciphertext), decipher.final()]).toString('utf8');
      } catch (cause) {
        throw new IncidentError(
          'SECRET_UNREADABLE',
          { store: ref.store, path: ref.path, version: ref.version, key: row.key_id },
          { cause },
        );
      }
    },

    async destroy(ref) {
      await ask('destroy', () =>
        database.query('DELETE FROM secrets WHERE path = $1 AND version = $2', [ref.path, ref.version]),
      );
    },
  };
}

const ask = <T>(name: string, call: () => Promise<T>): Promise<T> => inTime(OWN_STORE, name, call);

function place(ref: SecretRef): Buffer {
  return Buffer.from(`${ref.store}\n${ref.path}\n${ref.version}`, 'utf8');
}
