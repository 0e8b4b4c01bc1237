import { fetch } from 'undici';
import { IncidentError } from '../../domain/errors';
import { withDeadline } from '../with-deadline';
import { retryAfterMs } from '../retry-after';
import { isWebPage } from '../web-page';
import { readWebTarget } from './web-target';

/** How long a receiver may take to answer. */
export const ANSWER_WITHIN_MS = 5_000;
const LONGEST_BEGINNING = 1_000;
const BEGINNING_WITHIN_MS = 1_000;

export interface Delivery {
  /** The notifier's id. */
  readonly notifier: string;
  readonly url: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly found?: 'a web page';
  readonly retryAfterMs: number | undefined;
}

interface Answering {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: ReadableStream<Uint8Array> | null;
}

/** What of an answer a failed delivery says. */
export async function answerTo({ status, headers, body }: Answering): Promise<Answer> {
  // Of what calls itself HTML and says nothing in time, we do not know that it is the receiver's.
  const isPage = isWebPage(headers.get('content-type'), (await beginningOf(body)) ?? '<');
  return { status, retryAfterMs: retryAfterMs(headers.get('retry-after')), ...(isPage ? { found: 'a web page' } : {}) };
}

function isDelivered({ status, found }: Answer): boolean {
  return status >= 200 && status <= 299 && found === undefined;
}

/** As much as shows what it is; undefined where nothing came in time. A receiver may answer for ever, or stop in the middle: its status has said what became of the notice. */
async function beginningOf(body: ReadableStream<Uint8Array> | null): Promise<string | undefined> {
  const decoder = new TextDecoder();
  const reader = body?.getReader();
  let text = '';
  let isLate = false;
  const end = setTimeout(() => {
    isLate = text === '';
    void reader?.cancel().catch(() => undefined);
  }, BEGINNING_WITHIN_MS);
  try {
    for (let part = await reader?.read(); part?.value !== undefined; part = await reader?.read()) {
      text += decoder.decode(part.value, { stream: true });
      if (text.length > LONGEST_BEGINNING) break;
    }
  } catch {
    // What came before is looked at.
  } finally {
    clearTimeout(end);
    void reader?.cancel().catch(() => undefined);
  }
  return isLate ? undefined : text;
}

/**
 * Posts a notice; any 2xx is delivered, unless it is a page that a network gives in the receiver's place. The URL of a channel may be what lets one in, so it goes into no error.
 * @throws IncidentError NOTIFICATION_FAILED with the status, where there was one, and how long the receiver asks us to wait
 */
export async function deliver(delivery: Delivery): Promise<void> {
  const answer = await post(delivery);
  if (answer && isDelivered(answer)) return;
  throw new IncidentError('NOTIFICATION_FAILED', { notifier: delivery.notifier, ...answer });
}

/**
 * Asks whether anybody answers at an address. What, says nothing: most receivers take nothing but what is posted.
 * @throws IncidentError NOTIFICATION_FAILED when nobody does
 */
export async function reachWeb(notifier: string, target: string, signal: AbortSignal): Promise<void> {
  const { url } = readWebTarget(target);
  try {
    await withDeadline(ANSWER_WITHIN_MS, signal, async (within) => {
      const { body } = await fetch(url, { method: 'HEAD', redirect: 'manual', signal: within });
      await body?.cancel();
    });
  } catch {
    throw new IncidentError('NOTIFICATION_FAILED', { notifier, found: 'nobody answers there' });
  }
}

/** Undefined when there was no answer. */
async function post({ url, body, headers, signal }: Delivery): Promise<Answer | undefined> {
  try {
    return await withDeadline(ANSWER_WITHIN_MS, signal, async (within) => {
      const response = await fetch(url, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json', ...headers },
        // Followed, a notice would go where nobody has said that it may.
        redirect: 'manual',
        signal: within,
      });
      return answerTo(response);
    });
  } catch {
    return undefined;
  }
}
