import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { FastifyInstance } from 'fastify';
import { fetch } from 'undici';
import { createApiKeyStore } from '../../activities/store/api-keys';
import { openDatabase, type Database } from '../../activities/store/database';
import { migrate } from '../../activities/store/migrate';
import { createApi } from '../../api/server';
import { publicIdSubject } from '../../domain/subject';
import { openBucket } from '../../enforcement/buckets';
import { createDenylist } from '../../enforcement/denylist-kv';
import { testApi, type TestApi } from '../support/api-parts';
import { eventually } from '../support/eventually';
import { freshDatabase, type FreshDatabase } from '../support/fresh-database';
import { integrationStack } from '../support/integration-stack';
import { privateNatsServer, type PrivateNatsServer } from '../support/private-nats-server';
import { recordedLog } from '../support/recorded-log';
import { sampleRefusal } from '../support/sample-refusal';

let fresh: FreshDatabase;
let database: Database;
let server: PrivateNatsServer;
let nats: NatsConnection;
let api: TestApi;
let app: FastifyInstance;
let url: string;
let key: string;

beforeAll(async () => {
  const stack = integrationStack();
  fresh = await freshDatabase(stack.postgres.adminUrl);
  await migrate(fresh.url);
  database = openDatabase(fresh.url, { applicationName: 'api-denylist' });
  // Of its own: it is stopped.
  server = await privateNatsServer();
  nats = await connect({ servers: server.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
  const connectNats = () => connect({ servers: server.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
  api = testApi(database, { temporal: stack.temporal, connectNats }, recordedLog().log);
  app = createApi(api.parts);
  url = await app.listen({ host: '127.0.0.1', port: 0 });
  key = await createApiKeyStore(database).issue('gateway-1', 'gateway');
});

afterAll(async () => {
  await app.close();
  await api.stop();
  await Promise.all([nats.close(), database.end()]);
  await server.stop();
  await fresh.drop();
});

async function ask(headers: Record<string, string> = {}) {
  const response = await fetch(`${url}/v1/denylist`, { headers: { authorization: `Bearer ${key}`, ...headers } });
  const text = await response.text();
  const body = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
  return { status: response.status, headers: response.headers, body };
}

describe('GET /v1/denylist', () => {
  const until = (status: number, headers: Record<string, string> = {}) =>
    eventually(
      () => ask(headers),
      (answer) => answer.status === status,
    );
  const subject = publicIdSubject('test', 'api-denylist');
  const entry = sampleRefusal(subject);

  it('gives gateways all that is refused, and tells whether that is new', async () => {
    const { revision } = await createDenylist(await openBucket(nats, 'denylist')).tighten(entry);

    const answer = await eventually(
      () => ask(),
      ({ body }) => body['revision'] === revision,
    );

    expect(answer).toMatchObject({ status: 200, body: { revision, entries: [{ subject, mode: 'deny-all' }] } });
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const etag = answer.headers.get('etag') ?? '';
    expect((await ask({ 'if-none-match': etag })).status).toBe(304);
    await createDenylist(await openBucket(nats, 'denylist')).tighten({ ...entry, status: 'revoked' });
    expect((await until(200, { 'if-none-match': etag })).body['revision']).toBe(revision + 1);
  });

  it('vouches for nothing while NATS is away, and does again when it is back', async () => {
    await server.server.stop();

    const stale = await until(503);
    await server.server.start();
    const back = await until(200);

    expect(stale).toMatchObject({ status: 503, body: { code: 'DENYLIST_STALE' } });
    expect(stale.headers.get('retry-after')).toBe('1');
    expect(back.body).toMatchObject({ entries: [{ subject }] });
  });
});
