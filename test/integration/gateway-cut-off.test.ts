import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import express from 'express';
import { fetch } from 'undici';
import { createConsoleNotifier } from '../../activities/notifiers/console';
import { openDatabase, type Database } from '../../activities/store/database';
import { createDeliveryLog } from '../../activities/store/delivery-log';
import { openBucket } from '../../enforcement/buckets';
import { createDenylist } from '../../enforcement/denylist-kv';
import { tourniquetMiddleware } from '../../enforcement/express-middleware';
import { createGatewayRegistry } from '../../enforcement/gateway-lease';
import { prepareDeployment, type LocalDeployment, type StartedGateway } from '../../stack/local-deployment';
import { inboxOf, makeNatsRoles } from '../../stack/nats-roles';
import { parseConfig, readSecretFile } from '../../workers/config';
import { startGateway } from '../../workers/gateway/start-gateway';
import { readFingerprintKeys } from '../../workers/keys';
import { pageForMissingGateways } from '../../workers/response/missing-gateways';
import { eventually } from '../support/eventually';
import { FaultProxy } from '../../drills/chaos/fault-proxy';
import { integrationStack } from '../support/integration-stack';
import { privateNatsServer, type PrivateNatsServer } from '../support/private-nats-server';
import { recordedLog } from '../support/recorded-log';
import { issueToken, type IssuedToken } from '../support/issue-token';
import { sampleRefusal } from '../support/sample-refusal';

/** Nothing listens there. */
const NO_API = 'http://127.0.0.1:1';
const CHANNEL = [{ notifier: 'console', target: '' }];

let directory: string;
let server: PrivateNatsServer;
let proxy: FaultProxy;
let deployment: LocalDeployment;
let database: Database;
let nats: NatsConnection;
let nextToken = 1;

/** Real processes: the API, a gateway in good order, and, through a proxy that cuts, whatever gateway a test starts. */
beforeAll(async () => {
  const roles = makeNatsRoles();
  const { temporal, postgres } = integrationStack();
  directory = await mkdtemp(join(tmpdir(), 'tourniquet-cut-off-'));
  server = await privateNatsServer(roles.serverConfig);
  const { hostname, port } = new URL(server.url);
  proxy = await FaultProxy.start({ host: hostname, port: Number(port) });
  deployment = await prepareDeployment(
    { directory, temporal, postgres, nats: { url: server.url } },
    {
      databaseName: `cut_off_${process.pid}`,
      natsRoles: roles,
      settings: () =>
        Promise.resolve({
          providers: {},
          audiences: { engineering: CHANNEL, security: CHANNEL, product: CHANNEL },
          trustedProxies: [],
          gateway: { privilegedRoutes: [{ path: '/admin/**' }, { method: 'POST', path: '/keys' }] },
          postgresLogs: [],
        }),
    },
  );
  await deployment.start(['api', 'gateway']);
  database = openDatabase(readSecretFile(deployment.databaseUrlFile), { applicationName: 'cut-off' });
  const { user, password } = roles.users.response;
  nats = await connect({ servers: server.url, user, pass: password, inboxPrefix: inboxOf(user) });
});

afterAll(async () => {
  await nats?.close();
  await database?.end();
  await deployment?.stop();
  await proxy?.stop();
  await server?.stop();
  await rm(directory, { recursive: true, force: true });
});

const issue = () => issueToken(database, `tqt_cut${nextToken++}`, readFingerprintKeys(deployment.keys.fingerprint)[0]);

async function refuse({ subject }: IssuedToken): Promise<number> {
  const entry = sampleRefusal(subject, { credentialId: 'reports-token', since: Date.now() });
  return (await createDenylist(await openBucket(nats, 'denylist')).tighten(entry)).revision;
}

async function ask(url: string, { token }: IssuedToken, path = '/reports/7', method = 'GET') {
  const headers = { authorization: `Bearer ${token}`, 'x-original-uri': path, 'x-original-method': method };
  const response = await fetch(`${url}/authorize`, { headers });
  return { status: response.status, retryAfter: response.headers.get('retry-after'), text: await response.text() };
}

const statusAt = async (url: string, issued: IssuedToken, path?: string, method?: string) =>
  (await ask(url, issued, path, method)).status;

async function health(url: string) {
  const [alive, ready] = await Promise.all([fetch(`${url}/healthz`), fetch(`${url}/readyz`)]);
  await ready.text();
  const told = (await alive.json()) as { status: string; why?: string; since?: string; refusals: number };
  return { ...told, alive: alive.status, ready: ready.status };
}

const untilStatus = (url: string, status: string) =>
  eventually(
    () => health(url),
    (told) => told.status === status,
  );

const viaProxy = () => `nats://127.0.0.1:${proxy.port}`;
const registry = async () => createGatewayRegistry(await openBucket(nats, 'gateways'));
const missing = async () => (await (await registry()).members()).missing.map(({ gatewayId }) => gatewayId);

async function alarms(id: string): Promise<string[]> {
  const log = await readFile(join(directory, 'tourniquet', `${id}.log`), 'utf8');
  return log.split('\n').filter((line) => line.includes('GATEWAY_STALE'));
}

describe('a gateway within a service', () => {
  it('is a member, and ends a stream of the service when the denylist refuses its credential', async () => {
    const issued = await issue();
    const gateway = await startGateway(
      parseConfig('gateway', {
        ...deployment.environmentOf('gateway'),
        TOURNIQUET_GATEWAY_ID: 'within',
        TOURNIQUET_GATEWAY_PORT: '0',
        TOURNIQUET_GATEWAY_SNAPSHOT_FILE: join(directory, 'within.json'),
      }),
      recordedLog().log,
    );
    const app = express().use(tourniquetMiddleware(gateway.middleware));
    app.get('/stream', (_request, response) => void response.write('data: first\n\n'));
    const service = app.listen(0, '127.0.0.1');
    await once(service, 'listening');
    const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}/stream`;
    const stream = await fetch(url, { headers: { authorization: `Bearer ${issued.token}` } });
    const members = (await (await registry()).live()).map(({ gatewayId }) => gatewayId);

    const cut = expect(stream.text()).rejects.toThrow('terminated');
    const at = Date.now();
    await refuse(issued);

    await cut;
    expect(Date.now() - at).toBeLessThan(1_000);
    expect((await fetch(url, { headers: { authorization: `Bearer ${issued.token}` } })).status).toBe(401);
    expect([stream.status, members.sort()]).toEqual([200, ['gateway', 'within']]);
    service.closeAllConnections();
    service.close();
    await gateway.stop();
    expect((await (await registry()).members()).missing).toEqual([]);
  });
});

describe('a gateway that lost NATS and has no other way', () => {
  let cut: StartedGateway;
  let known: IssuedToken;
  let good: IssuedToken;
  let later: IssuedToken;

  beforeAll(async () => {
    [known, good, later] = [await issue(), await issue(), await issue()];
    cut = await deployment.startGateway({ id: 'gateway-b', natsUrl: viaProxy(), fallbackUrl: NO_API });
    const revision = await refuse(known);
    const gateways = await registry();
    const everywhere = await eventually(
      async () => (await gateways.live()).filter(({ appliedRevision }) => appliedRevision >= revision),
      (leases) => leases.length === 2,
    );
    expect(everywhere.map(({ gatewayId }) => gatewayId).sort()).toEqual(['gateway', 'gateway-b']);
  });

  it('knows it within three seconds, says so once, and is no longer ready', async () => {
    const fresh = await untilStatus(cut.url, 'ok');
    expect([fresh.ready, fresh.why]).toEqual([200, undefined]);
    const cutAt = Date.now();
    proxy.mode = 'black-hole';

    const told = await untilStatus(cut.url, 'stale');

    expect(Date.now() - cutAt).toBeLessThan(4_000);
    expect(told).toMatchObject({ alive: 200, ready: 503, why: 'no-contact' });
    expect(Date.parse(told.since ?? '')).toBeGreaterThanOrEqual(cutAt + 500);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await alarms('gateway-b')).toHaveLength(1);
  });

  it('keeps what it knew, shuts what is privileged, and lets the rest go on; another gateway does it all', async () => {
    const other = deployment.gatewayUrl;

    expect([await statusAt(cut.url, known), await statusAt(other, known)]).toEqual([401, 401]);
    expect([await statusAt(cut.url, good), await statusAt(other, good)]).toEqual([200, 200]);
    const shut = await ask(cut.url, good, '/admin/users?x=1');
    expect([shut.status, shut.retryAfter, JSON.parse(shut.text)]).toMatchObject([503, '1', { code: 'GATEWAY_STALE' }]);
    expect(await statusAt(cut.url, good, '/keys', 'POST')).toBe(503);
    expect(await statusAt(cut.url, good, '/keys', 'GET')).toBe(200);
    expect(await statusAt(cut.url, good, '/public/..%2fadmin')).toBe(503);
    expect(await statusAt(other, good, '/admin/users')).toBe(200);
  });

  it('is named where a refusal is said to be in force, and people are paged once', async () => {
    await eventually(missing, (ids) => ids.includes('gateway-b'));
    const revision = await refuse(later);

    const inForce = await (await registry()).waitForRevision(revision, AbortSignal.timeout(10_000));
    const { log, lines } = recordedLog();
    const sweep = {
      audiences: { engineering: CHANNEL, security: CHANNEL, product: CHANNEL },
      deliveries: createDeliveryLog(database),
      gateways: await registry(),
      notifiers: new Map([['console', createConsoleNotifier(log)]]),
    };
    await pageForMissingGateways(sweep, log);
    await pageForMissingGateways(sweep, log);

    expect(inForce).toMatchObject({ applied: [{ gatewayId: 'gateway' }], behind: [], missing: ['gateway-b'] });
    expect(lines.filter((line) => line.includes('"kind":"gateway-missing"'))).toHaveLength(1);
    expect(lines.join('')).toContain('[high] gateway gateway-b is missing');
    // What was refused since, it can not know: that is why it is named.
    expect([await statusAt(cut.url, later), await statusAt(deployment.gatewayUrl, later)]).toEqual([200, 401]);
  });

  it('starts without NATS from what it had on disk, and is stale', async () => {
    expect((await stat(cut.snapshotFile)).mode & 0o777).toBe(0o600);
    await cut.process.kill();

    await cut.process.start();

    expect([await statusAt(cut.url, known), await statusAt(cut.url, good)]).toEqual([401, 200]);
    expect(await untilStatus(cut.url, 'stale')).toMatchObject({ why: 'no-contact', refusals: 2 });
    expect(await statusAt(cut.url, good, '/admin/users')).toBe(503);
  });

  it('becomes fresh by itself when NATS is back, applies what it missed, and is a member again', async () => {
    proxy.mode = 'pass';

    const told = await eventually(
      () => health(cut.url),
      ({ status }) => status === 'ok',
      30_000,
    );

    expect(told).toMatchObject({ status: 'ok', ready: 200, refusals: 3 });
    expect(await statusAt(cut.url, later)).toBe(401);
    expect(await statusAt(cut.url, good, '/admin/users')).toBe(200);
    expect(await eventually(missing, (ids) => ids.length === 0)).toEqual([]);
  });

  it('is not missed when it signs off', async () => {
    await cut.process.stop();

    await new Promise((resolve) => setTimeout(resolve, 4_000));
    expect(await missing()).toEqual([]);
    expect((await (await registry()).live()).map(({ gatewayId }) => gatewayId)).toEqual(['gateway']);
  });
});

describe('a gateway that lost NATS and has the API to ask', () => {
  let cut: StartedGateway;
  let good: IssuedToken;
  let later: IssuedToken;

  beforeAll(async () => {
    [good, later] = [await issue(), await issue()];
    cut = await deployment.startGateway({ id: 'gateway-c', natsUrl: viaProxy() });
    await untilStatus(cut.url, 'ok');
  });

  it('hears of new refusals from the API and serves every route, with the alarm raised', async () => {
    proxy.mode = 'refuse';
    expect(await untilStatus(cut.url, 'fallback')).toMatchObject({ alive: 200, ready: 200, why: 'no-contact' });
    const before = await statusAt(cut.url, later);

    await refuse(later);
    const after = await eventually(
      () => statusAt(cut.url, later),
      (status) => status === 401,
    );

    expect([before, after]).toEqual([200, 401]);
    expect(await statusAt(cut.url, good, '/admin/users')).toBe(200);
    expect((await alarms('gateway-c')).at(-1)).toContain('the denylist comes from the API');
  });

  it('is stale when the API goes too, and shuts what is privileged', async () => {
    await deployment.processes.api.kill();

    expect(await untilStatus(cut.url, 'stale')).toMatchObject({ ready: 503 });

    expect(await statusAt(cut.url, good, '/admin/users')).toBe(503);
    expect([await statusAt(cut.url, good), await statusAt(cut.url, later)]).toEqual([200, 401]);
  });

  it('starts without NATS and without a snapshot when the API answers', async () => {
    const asked = Date.now();
    await cut.process.stop();
    // It does not wait for a NATS that is away to take leave of it.
    expect(Date.now() - asked).toBeLessThan(10_000);
    await rm(cut.snapshotFile);
    await deployment.processes.api.start();

    await cut.process.start();

    expect([await statusAt(cut.url, good), await statusAt(cut.url, later)]).toEqual([200, 401]);
    expect((await health(cut.url)).status).toBe('fallback');
  });

  it('starts with a snapshot that can not be read, and says so', async () => {
    await cut.process.stop();
    await writeFile(cut.snapshotFile, '{"format":');
    proxy.mode = 'pass';

    await cut.process.start();

    expect(await statusAt(cut.url, later)).toBe(401);
    expect(await readFile(join(directory, 'tourniquet', 'gateway-c.log'), 'utf8')).toContain('SNAPSHOT_UNREADABLE');
  });
});
