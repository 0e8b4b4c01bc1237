import { createHmac } from 'node:crypto';
import { fetch } from 'undici';
import { IncidentError } from '../../domain/errors';
import { parseJson } from '../../domain/parse-json';
import { retryAfterMs } from '../retry-after';
import { withDeadline } from '../with-deadline';
import type { HttpCall, HttpSigning } from './http-account';
import { fill, fillBody, type Values } from './http-template';

/** One attempt to refuse makes three calls and may take 10 s (workflows/lib/time-limits.ts). */
const TIMEOUT_MS = 3_000;
const LONGEST_ANSWER = 1024 * 1024;

export interface HttpAnswer {
  readonly status: number;
  /** Parsed; undefined where it is no JSON. */
  readonly body: unknown;
  /** How long the server asks us to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;
}

export interface CallOptions {
  readonly signing?: HttpSigning | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** Makes a declared call; undefined when there was no answer in time, or none that could be taken. Lets nothing out: no error holds an address or a value. */
export async function callHttp(call: HttpCall, values: Values, options: CallOptions): Promise<HttpAnswer | undefined> {
  try {
    const { url, headers, body } = requestOf(call, values, options);
    return await withDeadline(TIMEOUT_MS, options.signal, async (signal) => {
      const response = await fetch(url, {
        method: call.method,
        headers,
        ...(body === undefined ? {} : { body }),
        // Followed, a value would go where nobody has said that it may.
        redirect: 'manual',
        signal,
      });
      const text = await readText(response.body);
      return {
        status: response.status,
        body: parseJson(text),
        retryAfterMs: retryAfterMs(response.headers.get('retry-after')),
      };
    });
  } catch {
    return undefined;
  }
}

/**
 * The same as our admin, of whom an answer is wanted that is either done or named in `also`.
 * @throws IncidentError PROVIDER_ADMIN_DENIED, PROVIDER_UNAVAILABLE (with `retryAfterMs`, where the server asks for it) or PROVIDER_REFUSED
 */
export async function callAsAdmin(
  what: { readonly name: string; readonly call: HttpCall; readonly also?: readonly number[] },
  values: Values,
  options: CallOptions & { readonly account: string },
): Promise<HttpAnswer> {
  const about = { provider: 'http', account: options.account, call: what.name };
  const answer = await callHttp(what.call, values, options);
  if (!answer) throw new IncidentError('PROVIDER_UNAVAILABLE', about);
  const { status } = answer;
  if (what.call.done.includes(status) || what.also?.includes(status)) return answer;
  if (status === 401 || status === 403) throw new IncidentError('PROVIDER_ADMIN_DENIED', { ...about, status });
  if (status === 429 || status >= 500)
    throw new IncidentError('PROVIDER_UNAVAILABLE', { ...about, status, retryAfterMs: answer.retryAfterMs });
  throw new IncidentError('PROVIDER_REFUSED', { ...about, status });
}

function requestOf(call: HttpCall, values: Values, { signing, headers = {} }: CallOptions) {
  const url = fill(call.url, values, encodeURIComponent);
  const body = bodyOf(call, values);
  const own = Object.fromEntries(Object.entries(call.headers).map(([name, value]) => [name, fill(value, values)]));
  return {
    url,
    body: body?.text,
    headers: {
      ...(body ? { 'content-type': body.type } : {}),
      ...own,
      ...headers,
      ...(signing ? signatureOf(signing, { method: call.method, url, body: body?.text ?? '' }) : {}),
    },
  };
}

function bodyOf(
  { body, form }: HttpCall,
  values: Values,
): { readonly type: string; readonly text: string } | undefined {
  if (form) {
    const fields = Object.entries(form).map(([name, value]): [string, string] => [name, fill(value, values)]);
    return { type: 'application/x-www-form-urlencoded', text: new URLSearchParams(fields).toString() };
  }
  return body === undefined ? undefined : { type: 'application/json', text: JSON.stringify(fillBody(body, values)) };
}

function signatureOf(
  { header, over, timestampHeader, encoding, prefix, key }: HttpSigning,
  { method, url, body }: { readonly method: string; readonly url: string; readonly body: string },
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const { pathname, search } = new URL(url);
  const signed = fill(over, { method, path: `${pathname}${search}`, timestamp, body });
  return {
    [header]: `${prefix}${createHmac('sha256', key).update(signed).digest(encoding)}`,
    ...(timestampHeader === undefined ? {} : { [timestampHeader]: timestamp }),
  };
}

async function readText(body: AsyncIterable<Uint8Array> | null): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.length;
    if (length > LONGEST_ANSWER) throw new Error('too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
