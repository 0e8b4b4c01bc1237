import { setTimeout as delay } from 'node:timers/promises';
import type { KV, KvWatchEntry } from '@nats-io/kv';

/** What could not be applied: one entry, or, under the key `*`, the watch itself. */
export interface BucketFault {
  readonly key: string;
  readonly revision: number;
  readonly cause?: unknown;
}

export interface BucketHandlers {
  /** One entry: the last of each key first, then what comes. What it throws is a fault of this entry and stops nothing. */
  readonly apply: (update: KvWatchEntry) => void;
  /** Every write up to this revision is applied. It falls to 0 when the bucket turns out to be another one. */
  readonly onApplied?: (revision: number) => void;
  readonly onFault: (fault: BucketFault) => void;
}

export interface Follower {
  /** The bucket that is followed, by the time it was made: one that was made anew is another. */
  bucket(): string;
  /** Drops the watch and reads the bucket again from its beginning. What was applied stays applied. */
  followAgain(): void;
  stop(): void;
}

/** The key of a fault that concerns all keys. */
export const WHOLE_BUCKET = '*';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Follows a bucket until it is stopped. Resolves when what the bucket held at the call is applied. A watch that ends by itself is a
 * fault and is opened again: nothing would tell a reader that it is deaf. It replays then, so nothing is missed.
 */
export async function followBucket(kv: KV, handlers: BucketHandlers): Promise<Follower> {
  const stopping = new AbortController();
  let applied = 0;
  let watch = await open();
  const ready = new Promise<void>((resolve) => {
    if (watch.target === 0) resolve();
    void follow(resolve);
  });

  async function open() {
    const before = await kv.status();
    const target = before.values === 0 ? 0 : before.streamInfo.state.last_seq;
    return { target, bucket: before.streamInfo.created, entries: await kv.watch() };
  }

  async function follow(onComplete: () => void): Promise<void> {
    for (;;) {
      await consume(onComplete).catch((cause: unknown) => handlers.onFault(wholeFault(cause)));
      if (stopping.signal.aborted) return;
      handlers.onFault(wholeFault(new Error('the watch ended by itself')));
      const opened = await openAgain();
      if (!opened) return;
      const another = opened.bucket !== watch.bucket;
      watch = opened;
      // Another bucket, or one that was set back: what was acknowledged says nothing about its writes.
      if (another || opened.target < applied) advance(0);
      if (opened.target === 0) onComplete();
    }
  }

  async function consume(onComplete: () => void): Promise<void> {
    const { target, entries } = watch;
    for await (const update of entries) {
      try {
        handlers.apply(update);
      } catch (cause) {
        handlers.onFault({ key: update.key, revision: update.revision, cause });
      }
      // A replay gives only each key's last write: until it is through, lower revisions may still be missing.
      if (update.revision < target) continue;
      advance(update.revision);
      onComplete();
    }
  }

  function advance(revision: number): void {
    applied = revision;
    handlers.onApplied?.(revision);
  }

  /** Undefined when it was stopped meanwhile, or the connection was closed, which is for good. */
  async function openAgain(): Promise<typeof watch | undefined> {
    for (let pause = FIRST_PAUSE_MS; !stopping.signal.aborted; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      await delay(pause, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined);
      if (stopping.signal.aborted) return undefined;
      try {
        const opened = await open();
        if (!stopping.signal.aborted) return opened;
        opened.entries.stop();
      } catch (cause) {
        handlers.onFault(wholeFault(cause));
        if (isClosed(cause)) return undefined;
      }
    }
    return undefined;
  }

  function wholeFault(cause: unknown): BucketFault {
    return { key: WHOLE_BUCKET, revision: applied, cause };
  }

  await ready;
  return {
    bucket: () => watch.bucket,
    followAgain: () => watch.entries.stop(),
    stop() {
      stopping.abort();
      watch.entries.stop();
    },
  };
}

function isClosed(error: unknown): boolean {
  return error instanceof Error && ['ClosedConnectionError', 'DrainingConnectionError'].includes(error.name);
}
