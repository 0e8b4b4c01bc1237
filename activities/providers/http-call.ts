import { createHmac } from 'node:crypto';
import type { HttpCall, HttpSigning } from './http-account';
import { adminAnswer, sendHttp, type HttpAnswer, type HttpRequest } from './http-send';
import { fill, fillBody, type Values } from './http-template';

export interface CallOptions {
  readonly signing?: HttpSigning | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** Makes a declared call; undefined when there was no answer in time, or none that could be taken. */
export function callHttp(call: HttpCall, values: Values, options: CallOptions): Promise<HttpAnswer | undefined> {
  return sendHttp(requestOf(call, values, options), options.signal);
}

/** The same as our admin, of whom an answer is wanted that is either done or named in `also`. @throws as `adminAnswer` */
export async function callAsAdmin(
  { name, call, also = [] }: { readonly name: string; readonly call: HttpCall; readonly also?: readonly number[] },
  values: Values,
  options: CallOptions & { readonly account: string },
): Promise<HttpAnswer> {
  const answer = await callHttp(call, values, options);
  return adminAnswer(answer, [...call.done, ...also], { account: options.account, call: name });
}

function requestOf(call: HttpCall, values: Values, { signing, headers = {} }: CallOptions): HttpRequest {
  const url = fill(call.url, values, encodeURIComponent);
  const body = bodyOf(call, values);
  const own = Object.fromEntries(Object.entries(call.headers).map(([name, value]) => [name, fill(value, values)]));
  return {
    method: call.method,
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
