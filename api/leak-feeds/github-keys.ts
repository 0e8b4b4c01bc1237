import { createPublicKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { IncidentError } from '../../domain/errors';

const TIMEOUT_MS = 5_000;
const LARGEST_ANSWER = 262_144;
/** An unknown key id may be a new key, and may be anybody's invention: it is asked for once in so long. */
const REFRESH_PAUSE_MS = 60_000;
/** What GitHub has taken back is believed no longer than that, where GitHub answers. */
const KEPT_MS = 86_400_000;

const publicKeys = z.object({
  public_keys: z
    .array(z.object({ key_identifier: z.string().min(1).max(128), key: z.string().max(4096) }))
    .min(1)
    .max(100),
});

/** The public keys that GitHub signs its findings with. */
export interface GithubKeys {
  /** @throws IncidentError BACKEND_UNAVAILABLE when none are known and GitHub does not answer */
  find(id: string, now: number): Promise<KeyObject | undefined>;
}

/** Keeps the keys, and asks again (with the ETag) when one is not among them, or when they are a day old. */
export function createGithubKeys(url: string): GithubKeys {
  let keys: ReadonlyMap<string, KeyObject> = new Map();
  let etag: string | undefined;
  let askedAt = Number.NEGATIVE_INFINITY;
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let asking: Promise<void> | undefined;

  async function ask(): Promise<void> {
    const answer = await fetch(url, {
      headers: etag === undefined ? {} : { 'if-none-match': etag },
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (answer.status === 304) return;
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const text = await answer.text();
    if (text.length > LARGEST_ANSWER) throw new Error('too large');
    const { public_keys: given } = publicKeys.parse(JSON.parse(text));
    keys = new Map(given.map(({ key_identifier: id, key }) => [id, createPublicKey(key)]));
    etag = answer.headers.get('etag') ?? undefined;
  }

  /** @throws IncidentError BACKEND_UNAVAILABLE: without any keys nothing can be told */
  function unknownIfNone(cause: unknown): void {
    if (keys.size === 0) throw new IncidentError('BACKEND_UNAVAILABLE', { backend: 'the keys of GitHub' }, { cause });
  }

  return {
    async find(id, now) {
      const known = keys.get(id);
      // An invented id that is being asked about holds up nobody.
      if (known && (now - fetchedAt < KEPT_MS || now - askedAt < REFRESH_PAUSE_MS)) return known;
      if (now - askedAt < REFRESH_PAUSE_MS) {
        await asking?.catch(unknownIfNone);
        return keys.get(id);
      }
      askedAt = now;
      asking = ask().finally(() => (asking = undefined));
      try {
        await asking;
        fetchedAt = now;
      } catch (cause) {
        // The keys from before stay in force.
        if (keys.size === 0) askedAt = Number.NEGATIVE_INFINITY;
        unknownIfNone(cause);
      }
      return keys.get(id);
    },
  };
}
