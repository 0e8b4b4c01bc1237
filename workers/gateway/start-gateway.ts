import type { Logger } from 'pino';
import { openDatabase } from '../../activities/store/database';
import { createTokenStore } from '../../activities/store/token-store';
import { IncidentError } from '../../domain/errors';
import { compileRoutes } from '../../domain/route-patterns';
import { compileProxies } from '../../enforcement/client-address';
import type { GatewayMiddlewareOptions } from '../../enforcement/fastify-plugin';
import { createGateway } from '../../enforcement/gateway';
import { createOpenConnections } from '../../enforcement/open-connections';
import { cacheTokens } from '../../enforcement/token-check';
import { atMost } from '../at-most';
import { readSecretFile, type Config } from '../config';
import { readFingerprintKeys, readTogether } from '../keys';
import type { Running } from '../running';
import { readSettings } from '../settings';
import { createUsagePublisher } from '../sources/usage-publisher';
import { openGatewayDenylist } from './gateway-denylist';
import { createGatewayServer } from './gateway-server';
import { createLateUsage } from './late-usage';
import { joinGateways, type Membership } from './membership';

const JOIN_WITHIN_MS = 2_000;

export interface RunningGateway extends Running {
  /** For the middleware of a service in this process (enforcement/fastify-plugin.ts, express-middleware.ts). */
  readonly middleware: GatewayMiddlewareOptions;
}

/**
 * A gateway: the authorization endpoint for others, with an upstream set a reverse proxy that asks itself, and for a service in the same
 * process its middleware. It listens as soon as it knows a denylist: from NATS, from the API, or from its snapshot.
 */
export async function startGateway(config: Config<'gateway'>, log: Logger): Promise<RunningGateway> {
  const id = config.TOURNIQUET_GATEWAY_ID;
  const { settings, fingerprintKeys } = readTogether({
    settings: () => readSettings(config.TOURNIQUET_SETTINGS_FILE),
    fingerprintKeys: () => readFingerprintKeys(config.TOURNIQUET_FINGERPRINT_KEYS_FILE),
    fallback: () => mustBeWhole(config),
  });
  const denylist = await openGatewayDenylist(config, log);
  const { map, staleness } = denylist;
  const database = openDatabase(readSecretFile(config.TOURNIQUET_DATABASE_URL_FILE), {
    applicationName: `tourniquet-${id}`,
    max: 4,
  });
  const tokens = createTokenStore(database);
  const usage = createLateUsage();
  void denylist.ready.then((nats) => {
    const partitions = config.TOURNIQUET_PARTITIONS;
    const onLost = (count: number) =>
      log.error({ count }, 'usage events were lost: NATS is away and the buffer is full');
    usage.publishBy(createUsagePublisher(nats, { partitions, onLost }));
  });
  const isPrivileged = compileRoutes(settings.gateway.privilegedRoutes);
  const held: { membership?: Membership } = {};
  const gateway = createGateway({
    id,
    mirror: map,
    failsClosed: (method, path) => isPrivileged(method, path) && staleness.report().trust === 'stale',
    tokens: cacheTokens((fingerprints) => tokens.find(fingerprints)),
    fingerprintKeys,
    inventory: { lookup: (subject) => held.membership?.lookup(subject) },
    emit(event) {
      if (event.kind === 'breach') {
        const { subject, context, what, detail } = event;
        log.error({ subject, context, what, detail }, 'a lane was breached: it is closed here, and reported');
      }
      usage.emit(event);
    },
    onUnlimitedLane: (subject, context, why) =>
      log.warn(
        { subject, context, why },
        'this gateway can not say what is new to a lane: its endpoints are not limited',
      ),
  });
  const connections = createOpenConnections(map);
  const middleware = { gateway, isProxy: compileProxies(settings.trustedProxies), connections };
  const upstream = config.TOURNIQUET_GATEWAY_UPSTREAM;
  const app = await createGatewayServer({
    ...middleware,
    upstream,
    health: {
      report: () => staleness.report(),
      appliedRevision: () => denylist.appliedRevision(),
      size: () => map.size(),
    },
  });

  await denylist.known;
  const url = await app.listen({ host: config.TOURNIQUET_LISTEN_HOST, port: config.TOURNIQUET_GATEWAY_PORT });
  const membership = joinGateways(
    { id, authorizeUrl: `${config.TOURNIQUET_GATEWAY_URL ?? url}/authorize` },
    denylist,
    log,
  );
  held.membership = membership;
  log.info({ url, upstream }, 'gateway listens');
  // Who waits for it to be ready may count on its membership, unless NATS is away.
  await atMost(JOIN_WITHIN_MS, membership.joined);
  return {
    middleware,
    async stop() {
      await app.close();
      connections.stop();
      const lost = await usage.stop();
      if (lost > 0) log.error({ count: lost }, 'usage events were lost: NATS never came');
      await membership.stop();
      await denylist.stop();
      await database.end();
    },
  };
}

/** One half of the fallback would never be missed before the day it is needed. */
function mustBeWhole(config: Config<'gateway'>): void {
  const halves = [config.TOURNIQUET_GATEWAY_FALLBACK_URL, config.TOURNIQUET_GATEWAY_FALLBACK_KEY_FILE];
  if (halves.filter(Boolean).length === 1)
    throw new IncidentError('CONFIG_INVALID', {
      faults: ['TOURNIQUET_GATEWAY_FALLBACK_URL and TOURNIQUET_GATEWAY_FALLBACK_KEY_FILE: one of the two is missing'],
    });
}
