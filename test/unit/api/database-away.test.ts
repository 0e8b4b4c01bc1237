import pino from 'pino';
import { createApiKeyStore } from '../../../activities/store/api-keys';
import { openDatabase } from '../../../activities/store/database';
import { createApi, type ApiParts } from '../../../api/server';

// Nothing listens there.
const database = openDatabase('postgres://somebody@127.0.0.1:1/none', { applicationName: 'test' });
const parts: Partial<ApiParts> = { apiKeys: createApiKeyStore(database), log: pino({ level: 'silent' }) };
const api = createApi(parts as ApiParts);

afterAll(async () => {
  await api.close();
  await database.end();
});

it('says that a database is away, and that asking again may help', async () => {
  const url = await api.listen({ host: '127.0.0.1', port: 0 });
  const { status, code } = (await (
    await fetch(`${url}/v1/incidents`, { headers: { authorization: `Bearer tqk_${'k'.repeat(43)}` } })
  ).json()) as { status: number; code: string };

  expect([status, code]).toEqual([503, 'BACKEND_UNAVAILABLE']);
});
