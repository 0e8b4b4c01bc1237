import type { Subject } from '../../domain/subject';
import type { Database } from './database';

export interface ApiToken {
  readonly publicId: string;
  readonly principal: string;
  readonly scopes: readonly string[];
  readonly state: 'active' | 'disabled' | 'revoked';
}

/** Tokens the api-token provider issues and checks, known by keyed fingerprint only. */
export interface TokenStore {
  /** The token one of these fingerprints belongs to. */
  find(fingerprints: readonly Subject[]): Promise<ApiToken | undefined>;
  findByPublicId(publicId: string): Promise<ApiToken | undefined>;
  insert(fingerprint: Subject, token: ApiToken): Promise<'stored' | 'exists'>;
  /** Whether our database role may issue and end tokens. */
  mayChange(): Promise<boolean>;
  /** A revoked token stays revoked. */
  setState(publicId: string, state: ApiToken['state']): Promise<void>;
}

interface Row {
  public_id: string;
  principal: string;
  scopes: string[];
  state: ApiToken['state'];
}

const COLUMNS = 'public_id, principal, scopes, state';

export function createTokenStore(database: Database): TokenStore {
  return {
    async find(fingerprints) {
      const result = await database.query<Row>(`SELECT ${COLUMNS} FROM api_tokens WHERE fingerprint = ANY($1)`, [
        fingerprints,
      ]);
      return result.rows[0] && toToken(result.rows[0]);
    },

    async findByPublicId(publicId) {
      const result = await database.query<Row>(`SELECT ${COLUMNS} FROM api_tokens WHERE public_id = $1`, [publicId]);
      return result.rows[0] && toToken(result.rows[0]);
    },

    async insert(fingerprint, token) {
      const result = await database.query(
        `INSERT INTO api_tokens (fingerprint, public_id, principal, scopes, state) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
        [fingerprint, token.publicId, token.principal, JSON.stringify(token.scopes), token.state],
      );
      return result.rowCount === 1 ? 'stored' : 'exists';
    },

    async mayChange() {
      const result = await database.query<{ may: boolean }>(
        `SELECT has_table_privilege('api_tokens', 'INSERT') AND has_table_privilege('api_tokens', 'UPDATE') AS may`,
      );
      return result.rows[0]?.may === true;
    },

    async setState(publicId, state) {
      await database.query(
        `UPDATE api_tokens SET state = $2 WHERE public_id = $1 AND (state <> 'revoked' OR $2 = 'revoked')`,
        [publicId, state],
      );
    },
  };
}

function toToken(row: Row): ApiToken {
  return { publicId: row.public_id, principal: row.principal, scopes: row.scopes, state: row.state };
}
