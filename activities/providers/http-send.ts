import { Agent, fetch } from 'undici';
import { IncidentError } from '../../domain/errors';
import { parseJson } from '../../domain/parse-json';
import { retryAfterMs } from '../retry-after';
import { isWebPage } from '../web-page';
import { withDeadline } from '../with-deadline';
import type { Answer } from './present-token';

/** One attempt to refuse may take 10 s (workflows/lib/time-limits.ts), and makes a few calls: one that is silent must not take all of it. */
const TIMEOUT_MS = 3_000;
const LONGEST_ANSWER = 1024 * 1024;

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** Certificates in PEM whose server is trusted, in place of those that Node trusts. */
  readonly ca?: string | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  /** Parsed; undefined where it is no JSON. */
  readonly body: unknown;
  /** How long the server asks us to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** See `isWebPage`. */
  readonly isPage: boolean;
}

/** What a value that was presented was answered. */
export interface Presented {
  readonly answer: Answer;
  /** How long the server asks us to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;
}

/** Sends one request; undefined when there was no answer in time, or none that could be taken. Lets nothing out: no error holds an address or a value. */
export async function sendHttp(request: HttpRequest, within: AbortSignal): Promise<HttpAnswer | undefined> {
  // A connection each: one that is kept may have fallen silent since, and what is refused or proven must not hang on it.
  const { url, body, ca, ...rest } = request;
  const dispatcher = new Agent(ca === undefined ? {} : { connect: { ca } });
  try {
    return await withDeadline(TIMEOUT_MS, within, async (signal) => {
      // Followed, a value would go where nobody has said that it may.
      const response = await fetch(url, {
        ...rest,
        ...(body === undefined ? {} : { body }),
        redirect: 'manual',
        dispatcher,
        signal,
      });
      const text = await readText(response.body);
      return {
        status: response.status,
        body: parseJson(text),
        retryAfterMs: retryAfterMs(response.headers.get('retry-after')),
        isPage: isWebPage(response.headers.get('content-type'), text),
      };
    });
  } catch {
    return undefined;
  } finally {
    void dispatcher.destroy();
  }
}

/**
 * What was answered to our admin, of whom an answer is wanted that has one of these statuses.
 * @throws IncidentError PROVIDER_ADMIN_DENIED, PROVIDER_UNAVAILABLE (with `retryAfterMs`, where the server asks for it) or PROVIDER_REFUSED
 */
export function adminAnswer(
  answer: HttpAnswer | undefined,
  wanted: readonly number[],
  about: { readonly provider?: string; readonly account: string; readonly call: string },
): HttpAnswer {
  if (!answer) throw new IncidentError('PROVIDER_UNAVAILABLE', about);
  const { status } = answer;
  if (answer.isPage && status < 400) throw new IncidentError('PROVIDER_UNAVAILABLE', { ...about, reply: 'a web page' });
  if (wanted.includes(status)) return answer;
  if (status === 401 || status === 403) throw new IncidentError('PROVIDER_ADMIN_DENIED', { ...about, status });
  if (status === 429 || status >= 500 || isRedirect(status))
    throw new IncidentError('PROVIDER_UNAVAILABLE', { ...about, status, retryAfterMs: answer.retryAfterMs });
  throw new IncidentError('PROVIDER_REFUSED', { ...about, status });
}

/**
 * What was answered to a value that was presented; anything but one of these statuses says nothing of it. Nor does a page, which is some network's: but many
 * a server says with a page that it refuses one.
 */
export function presentedAnswer(
  answer: HttpAnswer | undefined,
  { refused, accepted }: { readonly refused: readonly number[]; readonly accepted: readonly number[] },
): Presented {
  const said = (what: Answer): Presented => ({ answer: what, retryAfterMs: answer?.retryAfterMs });
  if (!answer || (answer.isPage && answer.status < 400)) return said('no answer');
  if (refused.includes(answer.status)) return said('refused');
  return said(accepted.includes(answer.status) ? 'accepted' : 'no answer');
}

/** Nothing that was asked sends elsewhere; a network's login does. */
function isRedirect(status: number): boolean {
  return status >= 300 && status < 400;
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
