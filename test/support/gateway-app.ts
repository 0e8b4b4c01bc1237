import type { AddressInfo } from 'node:net';
import Fastify, { type FastifyInstance } from 'fastify';
import type { NatsConnection } from '@nats-io/transport-node';
import { createTokenStore } from '../../activities/store/token-store';
import type { Database } from '../../activities/store/database';
import type { InventoryRecord } from '../../domain/credential';
import type { FingerprintKey } from '../../domain/fingerprint';
import type { Subject } from '../../domain/subject';
import type { BreachEvent, UsageEvent } from '../../domain/usage-event';
import { installAuthorizeEndpoint } from '../../enforcement/authorize-endpoint';
import { openBucket } from '../../enforcement/buckets';
import { compileProxies } from '../../enforcement/client-address';
import { createDenylistMap } from '../../enforcement/denylist-map';
import { mirrorDenylist, type DenylistMirror } from '../../enforcement/denylist-mirror';
import { tourniquetGateway } from '../../enforcement/fastify-plugin';
import { createGateway } from '../../enforcement/gateway';
import { holdLease, type LeaseHolder } from '../../enforcement/gateway-lease';
import { createOpenConnections } from '../../enforcement/open-connections';
import { cacheTokens } from '../../enforcement/token-check';

export interface GatewayAppOptions {
  readonly nats: NatsConnection;
  readonly database: Database;
  readonly fingerprintKeys: readonly [FingerprintKey, ...FingerprintKey[]];
  readonly id?: string;
  readonly trustedProxies?: readonly string[];
  readonly lookup?: (subject: Subject) => InventoryRecord | undefined;
  /** Which routes are shut, as they are while a gateway is stale. */
  readonly failsClosed?: (method: string, path: string) => boolean;
  /** Where others reach the authorization endpoint, when that is not the app itself. */
  readonly authorizeUrl?: (ownUrl: string) => string | Promise<string>;
  /** Routes of a service that the Fastify plugin protects. */
  readonly service?: (app: FastifyInstance) => void;
}

/** A gateway out of the product's own parts, as workers/gateway.ts joins them, in this process. */
export interface GatewayApp {
  readonly url: string;
  readonly mirror: DenylistMirror;
  readonly events: UsageEvent[];
  readonly breaches: BreachEvent[];
  /** Denylist entries it could not apply, by key. */
  readonly faults: string[];
  stop(): Promise<void>;
}

export async function startGatewayApp(options: GatewayAppOptions): Promise<GatewayApp> {
  const { nats, database, fingerprintKeys, id = 'gateway-1' } = options;
  const events: UsageEvent[] = [];
  const breaches: BreachEvent[] = [];
  const faults: string[] = [];
  const held: { lease?: LeaseHolder } = {};
  const map = createDenylistMap();
  const mirror = await mirrorDenylist(
    await openBucket(nats, 'denylist'),
    {
      onApplied: (revision) => held.lease?.acknowledge(revision),
      onFault: ({ key }) => faults.push(key),
    },
    map,
  );
  const tokens = createTokenStore(database);
  const gateway = createGateway({
    id,
    mirror: map,
    failsClosed: options.failsClosed ?? (() => false),
    tokens: cacheTokens((fingerprints) => tokens.find(fingerprints)),
    fingerprintKeys,
    inventory: { lookup: options.lookup ?? (() => undefined) },
    emit: (event) => (event.kind === 'breach' ? breaches.push(event) : events.push(event)),
  });
  const connections = createOpenConnections(map);
  const plugin = { gateway, isProxy: compileProxies(options.trustedProxies ?? []), connections };
  const app = Fastify({ forceCloseConnections: true });
  installAuthorizeEndpoint(app, plugin);
  const { service } = options;
  if (service) {
    await app.register(async (scope) => {
      await scope.register(tourniquetGateway, plugin);
      service(scope);
    });
  }
  await app.listen({ host: '127.0.0.1', port: 0 });
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  const authorizeUrl = (await options.authorizeUrl?.(url)) ?? `${url}/authorize`;
  held.lease = holdLease(await openBucket(nats, 'gateways'), { id, authorizeUrl }, () => undefined);
  held.lease.acknowledge(mirror.appliedRevision());
  return {
    url,
    mirror,
    events,
    breaches,
    faults,
    async stop() {
      await app.close();
      connections.stop();
      await held.lease?.stop();
      mirror.stop();
    },
  };
}
