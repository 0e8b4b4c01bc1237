import { readFile } from 'node:fs/promises';
import { sendHttp, type HttpAnswer } from '../../providers/http-send';
import { inTime, readAccess, unavailable } from './store-unavailable';

interface StoreAccess {
  readonly url: string;
  readonly tokenFile: string;
  readonly caFile?: string | undefined;
}

interface StoreCall {
  /** How it is named in errors. */
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly headers: (token: string) => Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/**
 * Asks a store over HTTP, on a connection of its own, with the token as it stands in its file now. @throws IncidentError SECRET_STORE_UNAVAILABLE
 * where no answer came, or one by which the server refuses who asks, or can't answer now
 */
export async function askStore(store: string, access: StoreAccess, call: StoreCall): Promise<HttpAnswer> {
  return inTime(store, call.name, async (signal) => {
    const token = await readAccess(store, access.tokenFile);
    const ca = access.caFile === undefined ? undefined : await readFile(access.caFile, 'utf8');
    const json = call.body === undefined ? {} : { 'content-type': 'application/json' };
    const answer = await sendHttp(
      {
        method: call.method,
        url: `${access.url}${call.path}`,
        headers: { accept: 'application/json', ...json, ...call.headers(token) },
        body: call.body === undefined ? undefined : JSON.stringify(call.body),
        ca,
      },
      signal,
    );
    if (!answer) throw unavailable(store, { call: call.name, reply: 'none' });
    const { status } = answer;
    if (status === 401 || status === 403 || status === 429 || status >= 500) throw notTaken(store, call.name, answer);
    return answer;
  });
}

/** An answer that tells nothing of the value. */
export function notTaken(store: string, call: string, { status, retryAfterMs }: HttpAnswer) {
  return unavailable(store, { call, status, retryAfterMs });
}
