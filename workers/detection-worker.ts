import { jetstreamManager } from '@nats-io/jetstream';
import type { Logger } from 'pino';
import { verifyProbe } from '../domain/fingerprint';
import { riskOf } from '../domain/policy';
import { weighed } from '../domain/severity-mapping';
import { openBucket } from '../enforcement/buckets';
import { createDenylist } from '../enforcement/denylist-kv';
import { mirrorInventory } from '../enforcement/inventory-kv';
import { addSightings } from '../enforcement/sightings-kv';
import type { Config } from './config';
import { metricsOf } from './detection/counters';
import { createLocator } from './detection/locator';
import { createSightingRecorder } from './detection/sighting-recorder';
import { startDetection } from './detection/start-detection';
import { ensureStreams } from './detection/streams';
import { createHold } from './detection/write-hold';
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
  const hold = createHold(denylist, policy, ({ credentialId, version }, { entry, revision }) =>
    log.warn({ credential: credentialId, version, mode: entry.mode, revision }, 'hold in force'),
  );
  const seen = await openBucket(nats, 'sightings');
  const sightings = createSightingRecorder({
    inventory,
    store: (subject, uses) => addSightings(seen, subject, uses),
    log,
  });
  const detection = await startDetection({
    nats,
    partitions,
    hold,
    holdFrom: policy.holdFrom,
    risk: riskOf(policy),
    weigh: (assessment, record) => weighed(policy, assessment, { ...record, id: record.credentialId }),
    inventory,
    onUse: (event) => sightings.see(event),
    locate: createLocator(settings.geography.countries),
    log,
  });
  const metrics = metricsOf(detection.counters);
  const usage = createUsagePublisher(nats, { partitions });
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
    metrics: () => metrics.metrics(),
    async stop() {
      // At once: what a tail still hands in would wait for a NATS that is away. It is read again from where the log's position stands.
      await Promise.all([...tails.map((tail) => tail.stop()), usage.stop()]);
      await detection.stop();
      await sightings.stop();
      inventory.stop();
      await nats.drain();
    },
  };
}
