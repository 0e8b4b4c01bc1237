import { jetstreamManager } from '@nats-io/jetstream';
import type { Logger } from 'pino';
import type { InventoryRecord } from '../domain/credential';
import type { DenylistEntry } from '../domain/denylist';
import type { DetectionMessage } from '../domain/detection';
import { incidentId } from '../domain/credential';
import type { Policy } from '../domain/policy';
import { verifyProbe } from '../domain/fingerprint';
import { weighed } from '../domain/severity-mapping';
import { openBucket } from '../enforcement/buckets';
import { createDenylist } from '../enforcement/denylist-kv';
import { mirrorInventory } from '../enforcement/inventory-kv';
import type { Config } from './config';
import { startDetection } from './detection/start-detection';
import { ensureStreams } from './detection/streams';
import { readFingerprintKeys } from './keys';
import { connectNats } from './nats';
import { readPolicy } from './policy-file';
import type { Running } from './running';
import { readSettings } from './settings';
import { positionsInKv } from './sources/log-position';
import { tailPostgresLog } from './sources/postgres-log';
import { createUsagePublisher } from './sources/usage-publisher';

/** The detection side: reads what systems record, folds it, and refuses first. */
export async function startDetectionWorker(config: Config<'detection'>, log: Logger): Promise<Running> {
  const partitions = config.TOURNIQUET_PARTITIONS;
  const settings = readSettings(config.TOURNIQUET_SETTINGS_FILE);
  const { policy } = readPolicy(config.TOURNIQUET_POLICY_FILE);
  const nats = await connectNats(config, 'detection');
  await ensureStreams(await jetstreamManager(nats), { partitions });
  const inventory = await mirrorInventory(await openBucket(nats, 'inventory'), (key) =>
    log.error({ key }, 'an inventory record could not be read'),
  );
  const denylist = createDenylist(await openBucket(nats, 'denylist'));
  const hold = async (message: DetectionMessage, record: InventoryRecord) => {
    const write = await denylist.tighten(holdEntry(message, record, policy, Date.now()));
    // The event is older than a person's decision to lift: it refuses nobody anew.
    if (write.entry.status === 'lifted') return undefined;
    log.warn(
      { credential: record.credentialId, version: record.version, mode: write.entry.mode, revision: write.revision },
      'hold in force',
    );
    return { denylistRevision: write.revision, at: write.at };
  };
  const detection = await startDetection({
    nats,
    partitions,
    hold,
    holdFrom: policy.holdFrom,
    weigh: (assessment, record) => weighed(policy, assessment, { ...record, id: record.credentialId }),
    inventory,
    log,
  });
  const usage = createUsagePublisher(nats, {
    partitions,
    onLost: (count) => log.error({ count }, 'usage events were lost'),
  });
  const positions = await openBucket(nats, 'positions');
  const keys = readFingerprintKeys(config.TOURNIQUET_FINGERPRINT_KEYS_FILE);
  const tails = await Promise.all(
    settings.postgresLogs.map(({ account, directory }) =>
      tailPostgresLog({
        account,
        directory,
        inventory,
        publish: (events) => usage.store(events),
        positions: positionsInKv(positions, account),
        probeOf: (name, at) => verifyProbe(name, at, keys),
        log,
      }),
    ),
  );
  return {
    isHealthy: () => !nats.isClosed(),
    async stop() {
      await Promise.all(tails.map((tail) => tail.stop()));
      await usage.stop();
      await detection.stop();
      inventory.stop();
      await nats.drain();
    },
  };
}

/** The provisional refusal: by the credential's known contexts where there are any, so that its dependents go on. */
export function holdEntry(
  { detection, assessment }: DetectionMessage,
  record: InventoryRecord,
  policy: Policy,
  now: number,
): DenylistEntry {
  const separable = record.knownContexts.length > 0;
  return {
    subject: detection.subject,
    credentialId: record.credentialId,
    version: record.version,
    status: 'hold',
    mode: separable ? 'known-contexts-only' : 'deny-all',
    allow: separable ? record.knownContexts.map((context) => ({ ...context, networks: [...context.networks] })) : [],
    adoptBy: now + policy.holdSeconds * 1000,
    incidentId: incidentId(record.credentialId, record.version),
    reason: assessment.reason,
    // Not the time of this write: a detection that is delivered again must not look newer than it is.
    since: detection.at,
  };
}
