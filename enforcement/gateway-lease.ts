import type { KV } from '@nats-io/kv';
import { z } from 'zod';
import type { GatewayLease, GatewayRegistry } from '../domain/ports/denylist';

/** A lease as it stands in the bucket. */
export const gatewayLease = z.strictObject({
  gatewayId: z.string(),
  authorizeUrl: z.string(),
  appliedRevision: z.number().int().nonnegative(),
  at: z.number().int(),
});

const RENEW_MS = 1_000;
/** Three missed renewals: the gateway is gone, or cut off and knows it. */
const LEASE_MS = 3_500;

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

/** Reads the leases of all gateways. */
export function createGatewayRegistry(kv: KV): GatewayRegistry {
  async function live(): Promise<GatewayLease[]> {
    const keys: string[] = [];
    for await (const key of await kv.keys()) keys.push(key);
    const entries = await Promise.all(keys.map((key) => kv.get(key)));
    const now = Date.now();
    return entries.flatMap((entry) => {
      if (!entry || entry.operation !== 'PUT') return [];
      const lease = gatewayLease.safeParse(entry.json());
      return lease.success && now - lease.data.at < LEASE_MS ? [lease.data] : [];
    });
  }

  return {
    live,
    async waitForRevision(revision, signal) {
      // The watch is opened first: an acknowledgement between a read and the watch would be missed.
      const watch = await kv.watch({ include: 'updates' });
      const stop = (): void => watch.stop();
      signal.addEventListener('abort', stop, { once: true });
      try {
        let leases = await live();
        while (!signal.aborted && leases.some((lease) => lease.appliedRevision < revision)) {
          const next = await watch[Symbol.asyncIterator]().next();
          if (next.done) break;
          leases = await live();
        }
        return {
          applied: leases.filter((lease) => lease.appliedRevision >= revision),
          behind: leases.filter((lease) => lease.appliedRevision < revision).map((lease) => lease.gatewayId),
        };
      } finally {
        signal.removeEventListener('abort', stop);
        watch.stop();
      }
    },
  };
}
