import { setTimeout as delay } from 'node:timers/promises';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import type { InventoryRecord } from '../../domain/credential';
import type { Subject } from '../../domain/subject';
import { openBucket } from '../../enforcement/buckets';
import { holdLease, type LeaseHolder } from '../../enforcement/gateway-lease';
import { mirrorInventory, type InventoryMirror } from '../../enforcement/inventory-kv';
import { atMost } from '../at-most';
import { errorLabel } from '../log';
import type { GatewayDenylist } from './gateway-denylist';

const AGAIN_MS = 1_000;
const SIGN_OFF_WITHIN_MS = 2_000;

/** What a gateway is to the others: its lease, and what it knows of the credentials it sees. */
export interface Membership {
  /** Nothing while NATS was never there. */
  lookup(subject: Subject): InventoryRecord | undefined;
  /** Resolves when its lease is held; when NATS is away that may be much later. */
  readonly joined: Promise<void>;
  /** Signs off: whoever does not is missed. */
  stop(): Promise<void>;
}

/** Becomes a member when the denylist in NATS is applied, however late that is. Call it when the gateway listens. */
export function joinGateways(
  gateway: { readonly id: string; readonly authorizeUrl: string },
  denylist: Pick<GatewayDenylist, 'ready' | 'appliedRevision' | 'onApplied'>,
  log: Logger,
): Membership {
  const stopping = new AbortController();
  let inventory: InventoryMirror | undefined;
  let lease: LeaseHolder | undefined;
  denylist.onApplied((revision) => lease?.acknowledge(revision));

  async function join(nats: NatsConnection): Promise<void> {
    inventory ??= await mirrorInventory(await openBucket(nats, 'inventory'), (key, cause) =>
      log.error({ key, ...errorLabel(cause) }, 'an inventory record could not be read; key *: the watch itself'),
    );
    const leases = await openBucket(nats, 'gateways');
    if (stopping.signal.aborted) return;
    lease = holdLease(leases, gateway, (error) => log.warn(errorLabel(error), 'the lease could not be renewed'));
    lease.acknowledge(denylist.appliedRevision());
  }

  async function joinUntilDone(): Promise<void> {
    const nats = await denylist.ready;
    while (!stopping.signal.aborted && !lease) {
      await join(nats).catch((error: unknown) => log.warn(errorLabel(error), 'not a member yet; it is tried again'));
      if (!lease) await delay(AGAIN_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }
  const joined = joinUntilDone();

  return {
    joined,
    lookup: (subject) => inventory?.lookup(subject),
    async stop() {
      stopping.abort();
      // While NATS is away nobody can be told; then it is missed, which is the truth.
      if (lease) await atMost(SIGN_OFF_WITHIN_MS, lease.stop());
      inventory?.stop();
    },
  };
}
