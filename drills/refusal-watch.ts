import type { NatsConnection } from '@nats-io/transport-node';
import { openBucket } from '../enforcement/buckets';
import { read } from '../enforcement/denylist-kv';
import { followBucket, type BucketFault } from '../enforcement/follow-bucket';
import { LEASE_MS, readLease } from '../enforcement/gateway-lease';

export interface RefusalWatch {
  /** When every gateway that lived at that moment had applied the first refusal of this version, milliseconds since the epoch. */
  refusedAt(credentialId: string, version: number): number | null;
  stop(): void;
}

/** Watches, from outside, when refusals get into force: the denylist's first write of a version, and the gateways' answers. */
export async function watchRefusals(
  nats: NatsConnection,
  onFault: (fault: BucketFault) => void = warn,
): Promise<RefusalWatch> {
  const firstWrites = new Map<string, { readonly revision: number; readonly members: readonly string[] }>();
  const heardOfAt = new Map<string, number>();
  /** By gateway, in order: which revision it applied when. */
  const acknowledgements = new Map<string, { readonly revision: number; readonly at: number }[]>();
  const gateways = await followBucket(await openBucket(nats, 'gateways'), {
    apply(update) {
      if (update.operation !== 'PUT') return;
      const { gatewayId, appliedRevision, at } = readLease(update);
      heardOfAt.set(gatewayId, at);
      const known = acknowledgements.get(gatewayId) ?? [];
      if (known.at(-1)?.revision !== appliedRevision) known.push({ revision: appliedRevision, at });
      acknowledgements.set(gatewayId, known);
    },
    onFault,
  });
  const denylist = await followBucket(await openBucket(nats, 'denylist'), {
    apply(update) {
      if (update.operation !== 'PUT') return;
      const { credentialId, version } = read(update);
      const key = `${credentialId}/${version}`;
      if (firstWrites.has(key)) return;
      const members = [...heardOfAt].filter(([, at]) => Date.now() - at < LEASE_MS).map(([gatewayId]) => gatewayId);
      firstWrites.set(key, { revision: update.revision, members });
    },
    onFault,
  });

  return {
    refusedAt(credentialId, version) {
      const first = firstWrites.get(`${credentialId}/${version}`);
      if (!first || first.members.length === 0) return null;
      const times = first.members.map(
        (gatewayId) => acknowledgements.get(gatewayId)?.find(({ revision }) => revision >= first.revision)?.at,
      );
      return times.every((at) => at !== undefined) ? Math.max(...times) : null;
    },
    stop() {
      denylist.stop();
      gateways.stop();
    },
  };
}

/** Only the key: what a value that can't be read may hold is not for the terminal. */
function warn({ key, revision }: BucketFault): void {
  process.emitWarning(`could not be read: key ${key}, revision ${revision}`, 'RefusalWatch');
}
