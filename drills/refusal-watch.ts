import type { NatsConnection } from '@nats-io/transport-node';
import { openBucket } from '../enforcement/buckets';
import { read } from '../enforcement/denylist-kv';
import { gatewayLease } from '../enforcement/gateway-lease';

export interface RefusalWatch {
  /** When every gateway that lives applied the first refusal of this version, milliseconds since the epoch. */
  refusedAt(credentialId: string, version: number): number | null;
  stop(): void;
}

/** Watches, from outside, when refusals get into force: the denylist's first write of a version, and the gateways' answers. */
export async function watchRefusals(nats: NatsConnection): Promise<RefusalWatch> {
  const firstWrites = new Map<string, number>();
  /** By gateway, in order: which revision it applied when. */
  const acknowledgements = new Map<string, { readonly revision: number; readonly at: number }[]>();
  const denylist = await (await openBucket(nats, 'denylist')).watch();
  const gateways = await (await openBucket(nats, 'gateways')).watch();

  void (async () => {
    for await (const update of denylist) {
      if (update.operation !== 'PUT') continue;
      const { credentialId, version } = read(update);
      const key = `${credentialId}/${version}`;
      if (!firstWrites.has(key)) firstWrites.set(key, update.revision);
    }
  })();
  void (async () => {
    for await (const update of gateways) {
      const lease = update.operation === 'PUT' ? gatewayLease.safeParse(update.json()) : undefined;
      if (!lease?.success) continue;
      const { gatewayId, appliedRevision, at } = lease.data;
      const known = acknowledgements.get(gatewayId) ?? [];
      if (known.at(-1)?.revision !== appliedRevision) known.push({ revision: appliedRevision, at });
      acknowledgements.set(gatewayId, known);
    }
  })();

  return {
    refusedAt(credentialId, version) {
      const revision = firstWrites.get(`${credentialId}/${version}`);
      if (revision === undefined || acknowledgements.size === 0) return null;
      const times = [...acknowledgements.values()].map((acks) => acks.find((ack) => ack.revision >= revision)?.at);
      return times.every((at) => at !== undefined) ? Math.max(...times) : null;
    },
    stop() {
      denylist.stop();
      gateways.stop();
    },
  };
}
