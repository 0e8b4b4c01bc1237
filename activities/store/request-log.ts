import { IncidentError } from '../../domain/errors';
import type { Database } from './database';

export interface StoredAnswer {
  readonly status: number;
  readonly body: string;
}

export interface KeyedRequest {
  /** Keys are a caller's own: two callers may use the same. */
  readonly caller: string;
  readonly key: string;
  readonly hash: string;
}

/** Remembers requests that came with an Idempotency-Key, and how they were answered. */
export interface RequestLog {
  /**
   * Begins a request, or finds it begun. `target` is asked what it is about only the first time: a later try must not choose anew.
   * @throws IncidentError IDEMPOTENCY_KEY_REUSED when the key came with another body
   */
  begin(
    request: KeyedRequest,
    target: () => Promise<string>,
  ): Promise<{ readonly target: string; readonly answer?: StoredAnswer }>;
  /** Keeps the answer; the first one stays, and is returned. */
  finish(request: KeyedRequest, answer: StoredAnswer): Promise<StoredAnswer>;
}

interface Row {
  request_hash: string;
  target: string;
  status: number | null;
  answer: string | null;
}

/** Longer than any client tries. */
const KEEP = '7 days';

export function createRequestLog(database: Database): RequestLog {
  async function find({ caller, key, hash }: KeyedRequest): Promise<Row | undefined> {
    const result = await database.query<Row>(
      'SELECT request_hash, target, status, answer FROM api_requests WHERE caller = $1 AND key = $2',
      [caller, key],
    );
    const row = result.rows[0];
    if (row && row.request_hash !== hash) throw new IncidentError('IDEMPOTENCY_KEY_REUSED', {});
    return row;
  }

  return {
    async begin(request, target) {
      let row = await find(request);
      if (!row) {
        const chosen = await target();
        await database.query(`DELETE FROM api_requests WHERE at < now() - interval '${KEEP}'`);
        await database.query(
          'INSERT INTO api_requests (caller, key, request_hash, target) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING',
          [request.caller, request.key, request.hash, chosen],
        );
        row = await find(request);
      }
      if (!row) throw new IncidentError('INTERNAL', { reason: 'a request that was just written is gone' });
      const { status, answer } = row;
      return {
        target: row.target,
        ...(status === null || answer === null ? {} : { answer: { status, body: answer } }),
      };
    },

    async finish(request, answer) {
      await database.query(
        'UPDATE api_requests SET status = $3, answer = $4 WHERE caller = $1 AND key = $2 AND status IS NULL',
        [request.caller, request.key, answer.status, answer.body],
      );
      const row = await find(request);
      return row?.status && row.answer !== null ? { status: row.status, body: row.answer } : answer;
    },
  };
}
