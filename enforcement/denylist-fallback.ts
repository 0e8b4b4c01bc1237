import { request, type Dispatcher } from 'undici';
import { denylistAnswer } from '../domain/denylist-answer';
import type { DenylistEntry } from '../domain/denylist';
import { STALE_AFTER_MS } from './freshness';

/** Another way to the denylist than NATS, asked only while NATS is away. */
export interface DenylistFallback {
  /** Asks at once and then once a second, until it is stopped. */
  start(): void;
  stop(): void;
  /** Whether the API, itself in touch with NATS, answered within the last two seconds. */
  fresh(): boolean;
}

export interface FallbackParts {
  /** Of the API. */
  readonly url: string;
  /** An API key with the role `gateway`. */
  readonly key: string;
  readonly join: (entry: DenylistEntry) => void;
  /** Called after each answer that was joined. */
  readonly onAnswer: () => void;
  readonly onError: (error: unknown) => void;
}

const ASK_EVERY_MS = 1_000;
const ANSWER_WITHIN_MS = 1_500;

/** Asks `GET /v1/denylist` of the API, which keeps a denylist of its own and says 503 when it can't vouch for it. */
export function createFallback(parts: FallbackParts): DenylistFallback {
  let timer: NodeJS.Timeout | undefined;
  let etag: string | undefined;
  let freshUntil = -Infinity;
  let asking = false;

  async function ask(): Promise<void> {
    if (asking) return;
    asking = true;
    const sentAt = performance.now();
    try {
      const answer = await get(parts, etag);
      // Nothing may be believed of an answer before all of it is joined.
      for (const entry of answer.entries) joinOne(entry);
      etag = answer.etag;
      freshUntil = sentAt + STALE_AFTER_MS;
      parts.onAnswer();
    } catch (error) {
      parts.onError(error);
    } finally {
      asking = false;
    }
  }

  /** One whose lane can't be read is refused to everybody; that is told, and keeps none of the others out. */
  function joinOne(entry: DenylistEntry): void {
    try {
      parts.join(entry);
    } catch (error) {
      parts.onError(error);
    }
  }

  return {
    start() {
      if (timer) return;
      timer = setInterval(() => void ask(), ASK_EVERY_MS);
      void ask();
    },
    stop() {
      clearInterval(timer);
      timer = undefined;
    },
    fresh: () => performance.now() < freshUntil,
  };
}

/** No entries when nothing changed since the answer with this ETag. @throws for everything but 200 and 304 */
async function get(
  { url, key }: FallbackParts,
  etag: string | undefined,
): Promise<{ readonly entries: readonly DenylistEntry[]; readonly etag: string | undefined }> {
  const { statusCode, headers, body } = await request(`${url}/v1/denylist`, {
    headers: { authorization: `Bearer ${key}`, ...(etag === undefined ? {} : { 'if-none-match': etag }) },
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  });
  if (statusCode === 200) return { entries: denylistAnswer.parse(await body.json()).entries, etag: tagOf(headers) };
  await body.dump();
  if (statusCode === 304) return { entries: [], etag };
  throw new FallbackRefused(statusCode);
}

/** The API answered, but not with a denylist: 401 without a valid key, 503 while it is itself stale. */
class FallbackRefused extends Error {
  override readonly name = 'FallbackRefused';
  readonly code: string;

  constructor(status: number) {
    super(`the fallback endpoint answered ${status}`);
    this.code = `HTTP_${status}`;
  }
}

function tagOf(headers: Dispatcher.ResponseData['headers']): string | undefined {
  const tag = headers['etag'];
  return typeof tag === 'string' ? tag : undefined;
}
