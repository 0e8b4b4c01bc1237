import { fetch } from 'undici';
import { createApiKeyStore } from '../../activities/store/api-keys';
import { createInventory } from '../../activities/store/inventory';
import { createSecretClient } from '../../client';
import type { DependentRecord, VersionState } from '../../domain/credential';
import { nextStep, type ErrorCode } from '../../domain/errors';
import { listeningApi, type ListeningApi } from '../support/listening-api';
import { testSecretStore } from '../support/orders-server';
import { recordedLog } from '../support/recorded-log';
import { sampleCredential, sampleVersion, secretRef } from '../support/sample-credential';
import { findSecrets } from '../support/secret-scan';

const { log, lines } = recordedLog();

let api: ListeningApi;
let exporterKey: string;
let dashboardKey: string;
let viewerKey: string;

beforeAll(async () => {
  api = await listeningApi('api', { log });
  const apiKeys = createApiKeyStore(api.database);
  exporterKey = await apiKeys.issue('exporter', 'dependent');
  dashboardKey = await apiKeys.issue('dashboard', 'dependent');
  viewerKey = await apiKeys.issue('viewer', 'viewer');
});

afterEach(() => {
  expect(findSecrets(lines, ['canary', exporterKey, dashboardKey, viewerKey])).toEqual([]);
});

afterAll(() => api.stop());

let nextId = 1;

/** A credential of the exporter with versions in these states, and their values. */
async function register(states: readonly VersionState[]): Promise<string> {
  const id = `reports-token-${nextId++}`;
  const exporter: DependentRecord = { id: 'exporter', kind: 'kv-pull', target: '', owner: 'analytics', criticality: 2 };
  const credential = sampleCredential({ id, provider: 'api-token', dependents: [exporter] });
  const inventory = createInventory(api.database);
  for (const [index, state] of states.entries()) {
    const version = index + 1;
    await inventory.register(credential, sampleVersion({ credentialId: id, version, state }));
    const value = JSON.stringify({ kind: 'api-token', token: `canary-${id}-v${version}` });
    await testSecretStore(api.database).putIfAbsent(secretRef(id, version), value);
  }
  return id;
}

function ask(id: string, key?: string, query = '') {
  const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
  return fetch(`${api.url}/v1/credentials/${id}/secret${query}`, { headers });
}

/** What RFC 9457 and our table say of a code. */
function problem(status: number, code: ErrorCode) {
  return { type: 'about:blank', title: code, status, code, detail: nextStep(code) };
}

describe('the secret route', () => {
  it('gives a dependent the value, and forbids every cache to keep it', async () => {
    const id = await register(['live']);

    const response = await ask(id, exporterKey);

    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.json()).toEqual({
      credential: id,
      version: 1,
      material: { kind: 'api-token', token: `canary-${id}-v1` },
    });
  });

  it.each([
    ['no key', undefined],
    ['a key nobody issued', `tqk_${'x'.repeat(43)}`],
    ['something that is no key', 'canary key'],
  ])('answers 401 with %s', async (_case, key) => {
    const id = await register(['live']);

    const response = await ask(id, key);

    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(await response.json()).toEqual(problem(401, 'UNAUTHENTICATED'));
  });

  it('answers 403 for a credential of another dependent, and for a key that is no dependent’s', async () => {
    const id = await register(['live']);

    const responses = [await ask(id, dashboardKey), await ask(id, viewerKey)];

    expect(responses.map(({ status }) => status)).toEqual([403, 403]);
    for (const response of responses) expect(await response.json()).toEqual(problem(403, 'SECRET_ACCESS_DENIED'));
  });

  it('answers for a credential there is none of as for one of others', async () => {
    const response = await ask('nobody', exporterKey);

    expect(response.status).toBe(403);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(await response.json()).toEqual(problem(403, 'SECRET_ACCESS_DENIED'));
  });

  it.each<[string, readonly VersionState[], number]>([
    ['the newest live one', ['revoked', 'live', 'live', 'pending'], 3],
    ['the live one, not a newer contained one', ['live', 'quarantined'], 1],
    ['while none is live, the newest contained one', ['revoked', 'quarantined', 'discarded'], 2],
  ])('chooses %s', async (_case, states, chosen) => {
    const id = await register(states);

    const response = await ask(id, exporterKey);

    expect(await response.json()).toMatchObject({ version: chosen });
  });

  it('gives the version that is asked for, unless it is not to be used', async () => {
    const id = await register(['quarantined', 'live', 'revoked', 'pending', 'discarded']);

    const statuses = await Promise.all(
      [1, 2, 3, 4, 5, 9].map(async (version) => (await ask(id, exporterKey, `?version=${version}`)).status),
    );

    expect(statuses).toEqual([200, 200, 404, 404, 404, 404]);
  });

  it.each(['?version=latest', '?version=0', '?version=1.5'])('answers 400 to %s', async (query) => {
    const id = await register(['live']);

    const response = await ask(id, exporterKey, query);

    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ ...problem(400, 'REQUEST_INVALID'), faults: [{ field: 'version' }] });
  });

  it('answers 500 when the value can not be read, and says no more', async () => {
    const id = await register(['live']);
    await api.database.query(`UPDATE secrets SET tag = decode(repeat('00', 16), 'hex') WHERE path = $1`, [
      secretRef(id, 1).path,
    ]);

    const response = await ask(id, exporterKey);

    expect(response.status).toBe(500);
    expect(await response.json()).toEqual(problem(500, 'SECRET_UNREADABLE'));
  });

  it('is what the client library reads', async () => {
    const id = await register(['live']);

    const [read, denied] = await Promise.allSettled([
      createSecretClient(api.url, exporterKey).read(id),
      createSecretClient(api.url, dashboardKey).read(id),
    ]);

    expect(read).toMatchObject({ value: { version: 1, material: { token: `canary-${id}-v1` } } });
    expect(denied).toMatchObject({ reason: { code: 'SECRET_ACCESS_DENIED' } });
  });

  it('lets in nobody by the key before the last', async () => {
    const id = await register(['live']);
    const apiKeys = createApiKeyStore(api.database);
    const old = await apiKeys.issue('exporter', 'dependent');
    exporterKey = await apiKeys.issue('exporter', 'dependent');

    const statuses = [(await ask(id, old)).status, (await ask(id, exporterKey)).status];

    expect(statuses).toEqual([401, 200]);
  });
});

test('health needs no key', async () => {
  const response = await fetch(`${api.url}/healthz`);

  expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }]);
});
