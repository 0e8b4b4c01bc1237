import { setTimeout as delay } from 'node:timers/promises';
import type { KV, KvEntry } from '@nats-io/kv';
import { z } from 'zod';
import type { GatewayLease, GatewayMembers, GatewayRegistry } from '../domain/ports/denylist';
import { WHOLE_BUCKET } from './follow-bucket';
import { keysOf } from './keys-of';

/** A lease as it stands in the bucket. */
const gatewayLease = z.strictObject({
  gatewayId: z.string(),
  authorizeUrl: z.string(),
  appliedRevision: z.number().int().nonnegative(),
  at: z.number().int(),
});

/** @throws when the entry holds no lease. */
export function readLease(entry: KvEntry): GatewayLease {
  return gatewayLease.parse(entry.json());
}

const RENEW_MS = 1_000;
/** How long after a watch that ended by itself the next one is opened. */
const WATCH_AGAIN_MS = 200;
/** Three missed renewals: the gateway is gone, or cut off and knows it. */
export const LEASE_MS = 3_500;
/** So long is a gateway missed that went away without signing off. */
const MISSED_MS = 24 * 3_600_000;

export interface LeaseHolder {
  /** Writes the lease at once with this revision: the acknowledgement. */
  acknowledge(revision: number): void;
  stop(): Promise<void>;
}

/** Keeps one gateway's membership alive and acknowledges what it applies. Writes are coalesced: one in flight, the newest next. */
export function holdLease(
  kv: KV,
  gateway: { readonly id: string; readonly authorizeUrl: string },
  onError: (error: unknown) => void,
): LeaseHolder {
  let revision = 0;
  let writing: Promise<void> | undefined;
  let stale = false;

  function write(): void {
    stale = true;
    writing ??= flush().finally(() => (writing = undefined));
  }

  async function flush(): Promise<void> {
    while (stale) {
      stale = false;
      const lease: GatewayLease = {
        gatewayId: gateway.id,
        authorizeUrl: gateway.authorizeUrl,
        appliedRevision: revision,
        at: Date.now(),
      };
      await kv.put(gateway.id, JSON.stringify(lease)).catch(onError);
    }
  }

  const timer = setInterval(write, RENEW_MS);
  return {
    acknowledge(applied) {
      revision = applied;
      write();
    },
    async stop() {
      clearInterval(timer);
      await writing;
      await kv.delete(gateway.id).catch(onError);
    },
  };
}

const UPDATES = { include: 'updates' } as const;

/** Reads the leases of all gateways. What can't be read is no lease: it is told, and hides no other. */
export function createGatewayRegistry(
  kv: KV,
  onFault: (key: string, cause: unknown) => void = () => undefined,
): GatewayRegistry {
  async function members(): Promise<GatewayMembers> {
    const entries = await Promise.all((await keysOf(kv)).map((key) => kv.get(key)));
    const leases = entries.flatMap((entry) => {
      if (!entry || entry.operation !== 'PUT') return [];
      try {
        return [readLease(entry)];
      } catch (cause) {
        onFault(entry.key, cause);
        return [];
      }
    });
    const now = Date.now();
    return {
      live: leases.filter(({ at }) => now - at < LEASE_MS),
      missing: leases.filter(({ at }) => now - at >= LEASE_MS && now - at < MISSED_MS),
    };
  }

  return {
    members,
    live: async () => (await members()).live,
    async waitForRevision(revision, signal) {
      // The watch is opened first: an acknowledgement between a read and the watch would be missed.
      let watch = await kv.watch(UPDATES);
      const stop = (): void => watch.stop();
      signal.addEventListener('abort', stop, { once: true });
      try {
        let { live, missing } = await members();
        while (!signal.aborted && live.some((lease) => lease.appliedRevision < revision)) {
          const next = await watch[Symbol.asyncIterator]().next();
          if (next.done && !signal.aborted) {
            onFault(WHOLE_BUCKET, new Error('the watch ended by itself'));
            await delay(WATCH_AGAIN_MS);
            watch = await kv.watch(UPDATES);
          }
          ({ live, missing } = await members());
        }
        return {
          applied: live.filter((lease) => lease.appliedRevision >= revision),
          behind: live.filter((lease) => lease.appliedRevision < revision).map(({ gatewayId }) => gatewayId),
          missing: missing.map(({ gatewayId }) => gatewayId),
        };
      } finally {
        signal.removeEventListener('abort', stop);
        watch.stop();
      }
    },
  };
}
