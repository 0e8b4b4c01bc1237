import { fetch, type Headers } from 'undici';
import { IncidentError } from '../domain/errors';
import { FETCH_LIMITS, type FetchedText, type ListAccess } from './list-source';

export interface GetOptions {
  readonly access?: ListAccess | undefined;
  readonly accept?: string;
  /** What the server said of the text we have. */
  readonly etag?: string | undefined;
  readonly signal: AbortSignal;
  /** How much of the text may still come, in bytes. */
  readonly mostBytes?: number;
}

/** An answer, or `unchanged` since the text that `etag` stands for. */
export type Got = 'unchanged' | (FetchedText & { readonly bytes: number; readonly headers: Headers });

/**
 * Fetches a text. A redirection is not followed: the access data would go along, and the address in the settings is the one that was
 * chosen. Nothing of the address, which may hold a key, and nothing of the answer gets into an error.
 * @throws IncidentError INTEL_LIST_UNREACHABLE, INTEL_LIST_UNREADABLE (too large, no text)
 */
export async function httpGet(url: string, options: GetOptions): Promise<Got> {
  const { access, accept, etag, mostBytes = FETCH_LIMITS.bytes } = options;
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(FETCH_LIMITS.milliseconds)]);
  const headers = {
    ...(accept === undefined ? {} : { accept }),
    ...(etag === undefined ? {} : { 'if-none-match': etag }),
    ...(access === undefined ? {} : headerOf(access)),
  };
  const bytes: Uint8Array[] = [];
  let length = 0;
  try {
    const response = await fetch(url, { headers, redirect: 'manual', signal });
    const { status } = response;
    if (status !== 200) await response.body?.cancel();
    if (status === 304 && etag !== undefined) return 'unchanged';
    if (status >= 300 && status < 400) throw unreachable('it is redirected, which is not followed');
    if (status !== 200) throw unreachable(`the server answers ${status}`);
    for await (const chunk of response.body ?? []) {
      const part = chunk as Uint8Array;
      length += part.length;
      if (length > mostBytes)
        throw new IncidentError('INTEL_LIST_UNREADABLE', { fault: `more than ${mostBytes} bytes` });
      bytes.push(part);
    }
    const told = response.headers.get('etag');
    const writtenAt = Date.parse(response.headers.get('last-modified') ?? '');
    return {
      ...{ text: textOf(Buffer.concat(bytes)), bytes: length, headers: response.headers },
      ...(told === null ? {} : { etag: told }),
      ...(Number.isNaN(writtenAt) ? {} : { writtenAt }),
    };
  } catch (error) {
    if (error instanceof IncidentError || options.signal.aborted) throw error;
    throw unreachable(signal.aborted ? `no whole answer within ${FETCH_LIMITS.milliseconds / 1000} s` : 'no answer');
  }
}

/** UTF-8 without its mark. @throws IncidentError INTEL_LIST_UNREADABLE */
export function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new IncidentError('INTEL_LIST_UNREADABLE', { fault: 'no UTF-8 text' });
  }
}

function headerOf(access: ListAccess): Record<string, string> {
  if (access.kind === 'header') return { [access.name]: access.value };
  return { authorization: `Basic ${Buffer.from(`${access.user}:${access.password}`).toString('base64')}` };
}

function unreachable(fault: string): IncidentError {
  return new IncidentError('INTEL_LIST_UNREACHABLE', { fault });
}
