import { fetch } from 'undici';
import { createApiKeyStore } from '../../activities/store/api-keys';
import { publicIdSubject } from '../../domain/subject';
import { openBucket } from '../../enforcement/buckets';
import { createDenylist } from '../../enforcement/denylist-kv';
import { eventually } from '../support/eventually';
import { isolatedApi, type IsolatedApi } from '../support/isolated-api';
import { recordedLog } from '../support/recorded-log';
import { sampleRefusal } from '../support/sample-refusal';

let api: IsolatedApi;
let key: string;

beforeAll(async () => {
  api = await isolatedApi('api-denylist', { log: recordedLog().log });
  key = await createApiKeyStore(api.database).issue('gateway-1', 'gateway');
});

afterAll(() => api.stop());

async function ask(headers: Record<string, string> = {}) {
  const response = await fetch(`${api.url}/v1/denylist`, { headers: { authorization: `Bearer ${key}`, ...headers } });
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
    const { revision } = await createDenylist(await openBucket(api.nats, 'denylist')).tighten(entry);

    const answer = await eventually(
      () => ask(),
      ({ body }) => body['revision'] === revision,
    );

    expect(answer).toMatchObject({ status: 200, body: { revision, entries: [{ subject, mode: 'deny-all' }] } });
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const etag = answer.headers.get('etag') ?? '';
    expect((await ask({ 'if-none-match': etag })).status).toBe(304);
    await createDenylist(await openBucket(api.nats, 'denylist')).tighten({ ...entry, status: 'revoked' });
    expect((await until(200, { 'if-none-match': etag })).body['revision']).toBe(revision + 1);
  });

  it('vouches for nothing while NATS is away, and does again when it is back', async () => {
    await api.natsServer.stop();

    const stale = await until(503);
    await api.natsServer.start();
    const back = await until(200);

    expect(stale).toMatchObject({ status: 503, body: { code: 'DENYLIST_STALE' } });
    expect(stale.headers.get('retry-after')).toBe('1');
    expect(back.body).toMatchObject({ entries: [{ subject }] });
  });
});
