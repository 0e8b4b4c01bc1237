import httpProxy from '@fastify/http-proxy';
import Fastify from 'fastify';
import type { Logger } from 'pino';
import { openDatabase } from '../activities/store/database';
import { createTokenStore } from '../activities/store/token-store';
import { installAuthorizeEndpoint } from '../enforcement/authorize-endpoint';
import { openBucket } from '../enforcement/buckets';
import { compileProxies } from '../enforcement/client-address';
import { mirrorDenylist } from '../enforcement/denylist-mirror';
import { tourniquetGateway } from '../enforcement/fastify-plugin';
import { createGateway } from '../enforcement/gateway';
import { holdLease, type LeaseHolder } from '../enforcement/gateway-lease';
import { mirrorInventory } from '../enforcement/inventory-kv';
import { cacheTokens } from '../enforcement/token-check';
import { readSecretFile, type Config } from './config';
import { readFingerprintKeys, readTogether } from './keys';
import { errorLabel } from './log';
import { connectNats } from './nats';
import type { Running } from './running';
import { readSettings } from './settings';
import { createUsagePublisher } from './sources/usage-publisher';

/** A gateway: the authorization endpoint for others, and, with an upstream set, a reverse proxy that asks itself. */
export async function startGateway(config: Config<'gateway'>, log: Logger): Promise<Running> {
  const id = config.TOURNIQUET_GATEWAY_ID;
  const { settings, fingerprintKeys } = readTogether({
    settings: () => readSettings(config.TOURNIQUET_SETTINGS_FILE),
    fingerprintKeys: () => readFingerprintKeys(config.TOURNIQUET_FINGERPRINT_KEYS_FILE),
  });
  const nats = await connectNats(config, id);
  const database = openDatabase(readSecretFile(config.TOURNIQUET_DATABASE_URL_FILE), {
    applicationName: `tourniquet-${id}`,
    max: 4,
  });
  const inventory = await mirrorInventory(await openBucket(nats, 'inventory'), (key, cause) =>
    log.error({ key, ...errorLabel(cause) }, 'an inventory record could not be read; key *: the watch itself'),
  );
  // Held once the gateway listens; what is applied before that is acknowledged then.
  const membership: { lease?: LeaseHolder } = {};
  const mirror = await mirrorDenylist(await openBucket(nats, 'denylist'), {
    onApplied: (revision) => membership.lease?.acknowledge(revision),
    onFault: ({ key, revision, cause }) =>
      log.error(
        { key, revision, ...errorLabel(cause) },
        'a denylist entry could not be applied (key *: the watch itself); what was known stays refused',
      ),
  });
  const usage = createUsagePublisher(nats, {
    partitions: config.TOURNIQUET_PARTITIONS,
    onLost: (count) => log.error({ count }, 'usage events were lost: NATS is away and the buffer is full'),
  });
  const tokens = createTokenStore(database);
  const gateway = createGateway({
    id,
    mirror,
    tokens: cacheTokens((fingerprints) => tokens.find(fingerprints)),
    fingerprintKeys,
    inventory,
    emit: (event) => usage.publish([event]),
  });
  const options = { gateway, isProxy: compileProxies(settings.trustedProxies) };

  const app = Fastify({ forceCloseConnections: true });
  app.get('/healthz', () => ({ status: 'ok', appliedRevision: mirror.appliedRevision() }));
  installAuthorizeEndpoint(app, options);
  const upstream = config.TOURNIQUET_GATEWAY_UPSTREAM;
  if (upstream) {
    await app.register(async (proxied) => {
      await proxied.register(tourniquetGateway, options);
      await proxied.register(httpProxy, { upstream, prefix: '/' });
    });
  }
  const url = await app.listen({ host: config.TOURNIQUET_LISTEN_HOST, port: config.TOURNIQUET_GATEWAY_PORT });
  const lease = holdLease(
    await openBucket(nats, 'gateways'),
    { id, authorizeUrl: `${(config.TOURNIQUET_GATEWAY_URL ?? url).replace(/\/$/, '')}/authorize` },
    (error) => log.warn(errorLabel(error), 'the lease could not be renewed'),
  );
  membership.lease = lease;
  lease.acknowledge(mirror.appliedRevision());
  log.info({ url, upstream }, 'gateway listens');
  return {
    async stop() {
      await app.close();
      await usage.stop();
      await lease.stop();
      mirror.stop();
      inventory.stop();
      await nats.drain();
      await database.end();
    },
  };
}
