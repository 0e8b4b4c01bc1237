import { setTimeout as delay } from 'node:timers/promises';
import type { NatsConnection } from '@nats-io/transport-node';
import { askBucket } from '../enforcement/bucket-state';
import { openBucket } from '../enforcement/buckets';
import type { DenylistMap } from '../enforcement/denylist-map';
import { mirrorDenylist, type DenylistMirror, type MirrorFault } from '../enforcement/denylist-mirror';
import { watchFreshness, type Freshness, type FreshnessState } from '../enforcement/freshness';
import { atMost } from './at-most';

const AGAIN_MS = 1_000;
const DRAIN_WITHIN_MS = 1_000;

export interface DenylistLinkParts {
  readonly connect: () => Promise<NatsConnection>;
  readonly map: DenylistMap;
  readonly onApplied: (revision: number) => void;
  readonly onFault: MirrorFault;
  /** Called for each try that failed; it is tried again every second. */
  readonly onFailure: (error: unknown) => void;
}

/** A process's way to the denylist in NATS, for processes that must run without it too. */
export interface DenylistLink {
  /** Resolves, perhaps never, with the connection when what the bucket holds is applied for the first time. */
  readonly ready: Promise<NatsConnection>;
  mirror(): DenylistMirror | undefined;
  watchFreshness(onChange: (state: FreshnessState) => void): Freshness;
  stop(): Promise<void>;
}

export function openDenylistLink(parts: DenylistLinkParts): DenylistLink {
  const stopping = new AbortController();
  let nats: NatsConnection | undefined;
  let mirror: DenylistMirror | undefined;

  async function open(): Promise<NatsConnection> {
    nats ??= await parts.connect();
    mirror = await mirrorDenylist(await openBucket(nats, 'denylist'), parts, parts.map);
    return nats;
  }

  async function openUntilDone(opened: (nats: NatsConnection) => void): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        return opened(await open());
      } catch (error) {
        parts.onFailure(error);
        await delay(AGAIN_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }
  }

  async function ask() {
    if (!nats) throw new Error('never connected');
    return askBucket(nats, 'denylist');
  }

  return {
    ready: new Promise((resolve) => void openUntilDone(resolve)),
    mirror: () => mirror,
    watchFreshness: (onChange) => watchFreshness({ ask, follower: () => mirror, onChange }),
    async stop() {
      stopping.abort();
      mirror?.stop();
      if (!nats) return;
      // While NATS is away there is nothing to drain, and draining fails, or never ends.
      await atMost(
        DRAIN_WITHIN_MS,
        nats.drain().catch(() => undefined),
      );
      await atMost(DRAIN_WITHIN_MS, nats.close());
    },
  };
}
