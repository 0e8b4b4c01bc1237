import type { Subject } from '../../domain/subject';
import type { TokenRecord } from '../../domain/token-state';
import type { Database } from './database';

export interface ApiToken extends TokenRecord {
  readonly publicId: string;
  readonly principal: string;
  readonly scopes: readonly string[];
}

/** Tokens the api-token provider issues and checks, known by keyed fingerprint only. */
export interface TokenStore {
  /** The token one of these fingerprints belongs to. One that was derived has what its parent has now: the principal and the state, and it ends with it. */
  find(fingerprints: readonly Subject[]): Promise<ApiToken | undefined>;
  /** None that was derived: those are ended by their parent. */
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
  expires_at: Date | null;
  parent_subjects: [Subject, ...Subject[]] | null;
}

const OWN = `SELECT public_id, principal, scopes, state, expires_at, NULL::text[] AS parent_subjects FROM api_tokens`;

// The parent is read at each look, so that nothing has to be written to its children when it is refused, or may do less. LEAST passes over NULL.
const DERIVED = `SELECT c.public_id, p.principal,
    (SELECT coalesce(jsonb_agg(scope), '[]') FROM jsonb_array_elements(c.scopes) scope WHERE p.scopes @> scope) AS scopes,
    p.state, LEAST(c.expires_at, p.expires_at), c.parent_subjects
  FROM child_tokens c JOIN api_tokens p ON p.public_id = c.parent`;

export function createTokenStore(database: Database): TokenStore {
  return {
    async find(fingerprints) {
      const result = await database.query<Row>(
        `${OWN} WHERE fingerprint = ANY($1) UNION ALL ${DERIVED} WHERE c.fingerprint = ANY($1)`,
        [fingerprints],
      );
      return result.rows[0] && toToken(result.rows[0]);
    },

    async findByPublicId(publicId) {
      const result = await database.query<Row>(`${OWN} WHERE public_id = $1`, [publicId]);
      return result.rows[0] && toToken(result.rows[0]);
    },

    async insert(fingerprint, token) {
      const expiresAt = token.expiresAt === undefined ? null : new Date(token.expiresAt);
      const result = await database.query(
        `INSERT INTO api_tokens (fingerprint, public_id, principal, scopes, state, expires_at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT DO NOTHING`,
        [fingerprint, token.publicId, token.principal, JSON.stringify(token.scopes), token.state, expiresAt],
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
  return {
    publicId: row.public_id,
    principal: row.principal,
    scopes: row.scopes,
    state: row.state,
    ...(row.expires_at === null ? {} : { expiresAt: row.expires_at.getTime() }),
    ...(row.parent_subjects === null ? {} : { parentSubjects: row.parent_subjects }),
  };
}
