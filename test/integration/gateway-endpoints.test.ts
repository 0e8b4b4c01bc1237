import { connect, type NatsConnection } from '@nats-io/transport-node';
import { fetch } from 'undici';
import { openDatabase, type Database } from '../../activities/store/database';
import type { DenylistEntry } from '../../domain/denylist';
import { subjectKey, type Subject } from '../../domain/subject';
import { openBucket } from '../../enforcement/buckets';
import { createDenylist } from '../../enforcement/denylist-kv';
import { createGatewayRegistry } from '../../enforcement/gateway-lease';
import { reconcile } from '../../enforcement/reconcile';
import { eventually } from '../support/eventually';
import { TEST_FINGERPRINT_KEYS } from '../support/fingerprint-keys';
import { freshDatabase, type FreshDatabase } from '../support/fresh-database';
import { startGatewayApp, type GatewayApp } from '../support/gateway-app';
import { integrationStack } from '../support/integration-stack';
import { privateNatsServer, type PrivateNatsServer } from '../support/private-nats-server';
import { migrate } from '../../activities/store/migrate';
import { issueToken } from '../support/issue-token';
import { sampleRefusal } from '../support/sample-refusal';

const OFFICE = '203.0.113.7';
const ELSEWHERE = '198.51.100.9';
/** The lane of a known context that lies within the office. */
const OFFICE_CONTEXT = { id: 'office', networks: ['203.0.113.0/24'] };

let fresh: FreshDatabase;
let database: Database;
let server: PrivateNatsServer;
let nats: NatsConnection;
let gateway: GatewayApp;
let nextToken = 1;

beforeAll(async () => {
  fresh = await freshDatabase(integrationStack().postgres.adminUrl);
  await migrate(fresh.url);
  database = openDatabase(fresh.url, { applicationName: 'gateway-endpoints' });
  // Of its own: it is killed.
  server = await privateNatsServer();
  nats = await connect({ servers: server.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
  gateway = await startGatewayApp({
    nats,
    database,
    fingerprintKeys: TEST_FINGERPRINT_KEYS,
    trustedProxies: ['127.0.0.1/32', '10.0.0.0/8'],
    service: (app) => {
      app.get('/reports/:id', (request) => ({ principal: request.headers['x-tourniquet-principal'] }));
    },
  });
});

afterAll(async () => {
  await gateway.stop();
  await nats.close();
  await server.stop();
  await database.end();
  await fresh.drop();
});

const issue = () => issueToken(database, `token-${nextToken++}`);

function ask(
  path: string,
  options: { readonly token?: string; readonly method?: string; readonly headers?: Record<string, string> } = {},
) {
  const { token, method = 'GET', headers = {} } = options;
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return fetch(`${gateway.url}${path}`, { method, headers: { ...authorization, ...headers } });
}

const from = (address: string) => ({ 'x-forwarded-for': address });
const statusOf = async (token: string, address = OFFICE) =>
  (await ask('/authorize', { token, headers: from(address) })).status;

const entry = (subject: Subject, more: Partial<DenylistEntry> = {}) =>
  sampleRefusal(subject, { credentialId: 'reports-token', since: Date.now(), ...more });

/** Writes a refusal, and waits until the gateway applies it. */
async function refuse(denied: DenylistEntry): Promise<number> {
  const { revision } = await createDenylist(await openBucket(nats, 'denylist')).tighten(denied);
  await eventually(gateway.mirror.appliedRevision, (applied) => applied >= revision);
  return revision;
}

const lastEvent = () => gateway.events.at(-1);

describe('the authorize endpoint as nginx asks it', () => {
  it('allows with the principal, and knows the original request', async () => {
    const { token } = await issue();

    const response = await ask('/authorize', {
      token,
      headers: { 'x-original-method': 'DELETE', 'x-original-uri': '/reports/7?key=value' },
    });

    expect([response.status, response.headers.get('x-tourniquet-principal')]).toEqual([200, 'reports']);
    expect(lastEvent()?.action).toEqual({ kind: 'write', name: 'DELETE /reports/*' });
  });

  it('refuses without a token, and says what it wants', async () => {
    const response = await ask('/authorize');

    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
  });

  it('refuses a token nobody issued, and says nothing more', async () => {
    const response = await ask('/authorize', { token: 'made-up' });

    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer error="invalid_token"']);
    expect(response.headers.get('x-tourniquet-principal')).toBeNull();
    expect(lastEvent()?.outcome).toBe('authentication');
  });
});

describe('the authorize endpoint as Envoy asks it', () => {
  it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('takes %s on the original path', async (method) => {
    const { token } = await issue();

    const response = await ask('/authorize/reports/7?key=value', { token, method });

    expect([response.status, response.headers.get('x-tourniquet-principal')]).toEqual([200, 'reports']);
    expect(lastEvent()?.action.name).toBe(`${method} /reports/*`);
  });

  it.each(['application/json', 'multipart/form-data; boundary=x', 'nonsense'])(
    'does not stumble over a content type without a body: %s',
    async (contentType) => {
      const { token } = await issue();

      const response = await ask('/authorize/reports', {
        token,
        method: 'POST',
        headers: { 'content-type': contentType },
      });

      expect(response.status).toBe(200);
    },
  );

  it('does not believe a client that says its write was a read', async () => {
    const { token } = await issue();

    await ask('/authorize/reports', {
      token,
      method: 'POST',
      headers: { 'x-original-method': 'GET', 'x-original-uri': '/harmless' },
    });

    expect(lastEvent()?.action).toEqual({ kind: 'write', name: 'POST /reports' });
  });
});

describe('the Fastify plugin', () => {
  it('lets through with the principal it found, whatever the client claims', async () => {
    const { token } = await issue();

    const response = await ask('/reports/7', { token, headers: { 'x-tourniquet-principal': 'admin' } });

    expect(await response.json()).toEqual({ principal: 'reports' });
    expect(lastEvent()?.action.name).toBe('GET /reports/:id');
  });

  it('refuses before the service is reached', async () => {
    const response = await ask('/reports/7', { token: 'made-up' });

    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ code: 'CREDENTIAL_REFUSED' });
  });
});

describe('the address of a client', () => {
  it('is the rightmost that no listed proxy wrote', async () => {
    const { token } = await issue();

    await ask('/authorize', { token, headers: from(`${OFFICE}, ${ELSEWHERE}, 10.1.2.3`) });

    expect(lastEvent()?.client.address).toBe(ELSEWHERE);
  });

  it('is the peer where the peer is no listed proxy', async () => {
    const { token } = await issue();
    const distrusting = await startGatewayApp({
      nats,
      database,
      fingerprintKeys: TEST_FINGERPRINT_KEYS,
      id: 'gateway-2',
    });

    await fetch(`${distrusting.url}/authorize`, { headers: { authorization: `Bearer ${token}`, ...from(OFFICE) } });

    expect(distrusting.events.map(({ client }) => client.address)).toEqual(['127.0.0.1']);
    await distrusting.stop();
  });
});

describe('a refusal', () => {
  it('goes from the denylist to the gateway, which acknowledges the revision', async () => {
    const { token, subject } = await issue();
    const before = await statusOf(token);

    const revision = await refuse(entry(subject));

    expect([before, await statusOf(token)]).toEqual([200, 401]);
    expect(lastEvent()?.outcome).toBe('contained');
    const registry = createGatewayRegistry(await openBucket(nats, 'gateways'));
    const { applied, behind } = await registry.waitForRevision(revision, AbortSignal.timeout(5_000));
    expect(applied.map(({ gatewayId }) => gatewayId)).toEqual(['gateway-1']);
    expect(behind).toEqual([]);
  });

  it('leaves the lane of a known context open, and nothing beside it', async () => {
    const { token, subject } = await issue();

    await refuse(entry(subject, { mode: 'known-contexts-only', allow: [OFFICE_CONTEXT] }));

    expect([await statusOf(token, OFFICE), await statusOf(token, ELSEWHERE)]).toEqual([200, 401]);
  });

  it('closes the lane by itself at its time', async () => {
    const { token, subject } = await issue();
    const laneUntil = Date.now() + 400;

    await refuse(entry(subject, { mode: 'known-contexts-only', allow: [OFFICE_CONTEXT], laneUntil }));
    const open = await statusOf(token);

    const closed = await eventually(
      () => statusOf(token),
      (status) => status === 401,
    );
    expect([open, closed]).toEqual([200, 401]);
    expect(Date.now()).toBeGreaterThanOrEqual(laneUntil);
  });

  it('outlives its entry: taken out, or made unreadable', async () => {
    const [removed, garbled] = [await issue(), await issue()];
    await refuse(entry(removed.subject));
    await refuse(entry(garbled.subject));
    const kv = await openBucket(nats, 'denylist');

    await kv.delete(subjectKey(removed.subject));
    await kv.put(subjectKey(garbled.subject), '<html');

    await eventually(
      () => gateway.faults,
      (faults) => faults.length >= 2,
    );
    expect(gateway.faults).toEqual([subjectKey(removed.subject), subjectKey(garbled.subject)]);
    expect([await statusOf(removed.token), await statusOf(garbled.token)]).toEqual([401, 401]);
  });

  it('is written over an entry that can not be read, and brought back by the reconciler', async () => {
    const [broken, lost] = [await issue(), await issue()];
    const kv = await openBucket(nats, 'denylist');
    const denylist = createDenylist(kv);
    await kv.put(subjectKey(broken.subject), '<html');
    // The projection is looser than the truth.
    await refuse(entry(lost.subject, { mode: 'known-contexts-only', allow: [OFFICE_CONTEXT] }));

    await denylist.tighten(entry(broken.subject));
    const containments = {
      all: () => Promise.resolve([entry(lost.subject)]),
      merge: (merged: DenylistEntry) => Promise.resolve(merged),
    };
    const nothing = () => Promise.resolve();
    const mended = await reconcile(
      { containments, denylist, onOrphan: nothing, audit: nothing, onFault: () => undefined },
      Date.now(),
    );

    expect(mended.rewritten).toBe(1);
    expect((await denylist.get(broken.subject))?.entry.mode).toBe('deny-all');
    expect((await denylist.get(lost.subject))?.entry.mode).toBe('deny-all');
  });

  it('holds while NATS is down, and later ones come when it is back', async () => {
    const [before, after] = [await issue(), await issue()];
    await refuse(entry(before.subject));

    await server.server.kill();
    const during = await statusOf(before.token);
    await server.server.start();
    const detection = await connect({ servers: server.url });
    const written = await createDenylist(await openBucket(detection, 'denylist')).tighten(entry(after.subject));
    await detection.close();

    const refused = await eventually(
      () => statusOf(after.token),
      (status) => status === 401,
      60_000,
    );
    expect([during, refused, await statusOf(before.token)]).toEqual([401, 401, 401]);
    expect(gateway.mirror.appliedRevision()).toBeGreaterThanOrEqual(written.revision);
  });
});
