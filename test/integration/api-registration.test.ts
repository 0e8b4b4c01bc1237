import { fetch } from 'undici';
import { createApiKeyStore } from '../../activities/store/api-keys';
import { registrationId } from '../../domain/credential';
import { eventually } from '../support/eventually';
import { listeningApi, type ListeningApi } from '../support/listening-api';
import { recordedLog } from '../support/recorded-log';
import { findSecrets } from '../support/secret-scan';

const { log, lines } = recordedLog();
const VALUE = 'canary-issued-by-others';
const BODY = {
  provider: 'postgres-role',
  principal: 'orders',
  ownerTeam: 'payments',
  enforcement: 'provider',
  version: { publicId: 'orders_app', value: VALUE },
};

/** Where nobody takes the work up, so that it waits for as long as the test wants. */
describe('a registration by the API', () => {
  let api: ListeningApi;
  let key: string;

  beforeAll(async () => {
    api = await listeningApi('api-registration', { log });
    key = await createApiKeyStore(api.database).issue('ada', 'admin');
  });

  afterAll(() => api.stop());

  afterEach(() => {
    expect(findSecrets(lines, [VALUE, key])).toEqual([]);
  });

  async function put(id: string, body: unknown): Promise<{ readonly status: number; readonly text: string }> {
    const response = await fetch(`${api.url}/v1/credentials/${encodeURIComponent(id)}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: response.status, text: await response.text() };
  }

  const given = async () =>
    (await api.database.query(`SELECT 1 FROM secrets WHERE path LIKE 'registrations/%'`)).rowCount;

  it('is one at a time, keeps the value out of Temporal, and forgets what it could not begin with', async () => {
    const handle = api.temporal.workflow.getHandle(registrationId('one-db'));
    const first = put('one-db', BODY);
    const history = await eventually(
      () => handle.fetchHistory().catch(() => undefined),
      (found) => found !== undefined,
    );

    const second = await put('one-db', BODY);
    const whileOneRuns = await given();
    await handle.terminate();

    expect(second).toMatchObject({ status: 409, text: expect.stringContaining('REGISTRATION_RUNNING') as string });
    expect(whileOneRuns).toBe(1);
    expect(findSecrets(history, [VALUE])).toEqual([]);
    expect((await first).text).toContain('INTERNAL');
  });

  it.each([
    ['a field that is not known', { ...BODY, password: VALUE }],
    ['a value where a name belongs', { ...BODY, ownerTeam: `${VALUE}\n` }],
    [
      'a context of a dependent that is not there',
      { ...BODY, knownContexts: [{ id: 'a', networks: ['10.0.0.0/8'], dependent: 'b' }], dependents: [] },
    ],
    ['networks that are none', { ...BODY, knownContexts: [{ id: 'a', networks: [VALUE] }] }],
  ])('refuses %s, and repeats nothing of it', async (_what, body) => {
    const before = await given();

    const { status, text } = await put('bad-db', body);

    expect(status).toBe(400);
    expect(text).toContain('REQUEST_INVALID');
    expect(text).not.toContain(VALUE);
    expect(await given()).toBe(before);
  });
});
