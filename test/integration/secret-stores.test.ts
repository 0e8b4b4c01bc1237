import { chmod, readdir } from 'node:fs/promises';
import { Client } from 'pg';
import { issueFirstVersion } from '../../activities/issue-first-version';
import { createRotationActivities } from '../../activities/rotation';
import { createApiKeyStore } from '../../activities/store/api-keys';
import type { Database } from '../../activities/store/database';
import { createInventory } from '../../activities/store/inventory';
import type { ApiParts } from '../../api/server';
import { createSecretClient } from '../../client';
import type { SecretRef, SecretVersion } from '../../domain/credential';
import { parseMaterial } from '../../domain/secret-material';
import { openSecretStores } from '../../workers/secret-stores';
import type { Settings } from '../../workers/settings';
import { integrationStack } from '../support/integration-stack';
import { listeningApi, type ListeningApi } from '../support/listening-api';
import { ordersAccount, ordersProvider } from '../support/orders-server';
import { recordedLog } from '../support/recorded-log';
import { runActivity } from '../support/run-activity';
import { sampleCredential } from '../support/sample-credential';
import { findSecrets } from '../support/secret-scan';
import { temporaryFolder } from '../support/temporary-folder';

const { log, lines } = recordedLog();
const folder = temporaryFolder();

let api: ListeningApi;
let key: string;
let account: Awaited<ReturnType<typeof ordersAccount>>;
let nextId = 1;

beforeAll(async () => {
  account = await ordersAccount(integrationStack().postgres.adminUrl);
  await chmod(folder.path, 0o700);
  // Of another default than the workers of some cases: what is read depends on the ref only.
  const otherParts = (_parts: ApiParts, database: Database) => ({ secrets: storesWith('postgres', database).secrets });
  api = await listeningApi('secret-stores', { log, otherParts });
  key = await createApiKeyStore(api.database).issue('exporter', 'dependent');
});

afterAll(() => api.stop());

function storesWith(byDefault: 'postgres' | 'files', database = api.database) {
  const secretStores = { default: byDefault, files: { directory: folder.path } };
  return openSecretStores({ secretStores } as Settings, database, Buffer.alloc(32, 7));
}

/** What a worker has that was started with this default. */
function workerWith(byDefault: 'postgres' | 'files') {
  const { secrets, known } = storesWith(byDefault);
  const provider = ordersProvider(account, secrets);
  return {
    secrets,
    provider,
    inventory: createInventory(api.database),
    providers: new Map([['postgres-role', provider]]),
    projection: { write: () => Promise.resolve() },
    audit: { append: () => Promise.resolve() },
    stores: known,
  };
}

function newCredential() {
  const id = `orders-${nextId++}`;
  const exporter = { id: 'exporter', kind: 'kv-pull', target: '', owner: 'analytics', criticality: 2 } as const;
  return sampleCredential({ id, principal: id.replace('-', '_'), dependents: [exporter] });
}

async function works(material: string): Promise<boolean> {
  const { kind: _kind, ...login } = parseMaterial('postgres', material);
  const client = new Client(login);
  const isIn = await client.connect().then(
    () => true,
    () => false,
  );
  await client.end();
  return isIn;
}

async function kept(ref: SecretRef): Promise<number> {
  const rows = await api.database.query('SELECT 1 FROM secrets WHERE path = $1 AND version = $2', [
    ref.path,
    ref.version,
  ]);
  return rows.rowCount ?? 0;
}

const stepOf = ({ credentialId, version }: SecretVersion, stepKey: string) => ({
  ...{ incidentId: `incident/${credentialId}/${version}`, runId: 'run', credentialId, version, stepKey },
});

it('mints into the default store, where the API finds it', async () => {
  const worker = workerWith('files');
  const credential = newCredential();

  const first = await issueFirstVersion(worker, credential);
  const { version, material } = await createSecretClient(api.url, key).read(credential.id);

  expect(first.secret).toEqual({ store: 'files', path: `credentials/${credential.id}`, version: 1 });
  expect([version, await works(JSON.stringify(material))]).toEqual([1, true]);
  expect(await kept(first.secret)).toBe(0);
  expect((await readdir(folder.path)).length).toBeGreaterThan(0);
  expect(findSecrets(lines, [(material as { password: string }).password])).toEqual([]);
});

it('finds what was minted while our own database was the default', async () => {
  const credential = newCredential();
  const first = await issueFirstVersion(workerWith('postgres'), credential);
  const after = workerWith('files');

  const replaced = await runActivity(
    createRotationActivities(after as never).createReplacement,
    stepOf(first, 'run/create'),
  );

  expect([first.secret.store, await works(await after.secrets.get(first.secret))]).toEqual(['postgres', true]);
  const second = await after.inventory.version(credential.id, replaced.version);
  expect([second.secret.store, await works(await after.secrets.get(second.secret))]).toEqual(['files', true]);
});

it('undoes a mint that was never recorded where its value was put, whatever the default is since', async () => {
  const before = workerWith('files');
  const first = await issueFirstVersion(before, newCredential());
  const cutOff = {
    ...before,
    inventory: { ...before.inventory, saveVersion: () => Promise.reject(new Error('the worker died')) },
  };
  const step = stepOf(first, 'run/create');
  await expect(runActivity(createRotationActivities(cutOff as never).createReplacement, step)).rejects.toThrow();
  const place = await before.inventory.reserveVersion(first.credentialId, 'run/create', 'postgres');
  const material = await before.secrets.get(place);
  expect([place.store, await works(material)]).toEqual(['files', true]);

  const after = workerWith('postgres');
  await runActivity(createRotationActivities(after as never).discardReplacement, {
    ...stepOf(first, 'run/undo'),
    createStepKey: 'run/create',
  });

  expect(await works(material)).toBe(false);
  expect((await after.inventory.version(first.credentialId, place.version)).state).toBe('discarded');
});

it('looks in our own database for what was reserved before there were others', async () => {
  const worker = workerWith('files');
  const first = await issueFirstVersion(worker, newCredential());
  await worker.inventory.reserveVersion(first.credentialId, 'run/old', 'files');
  await api.database.query(
    `UPDATE secret_versions SET secret_store = '', secret_path = '' WHERE credential_id = $1 AND version = 2`,
    [first.credentialId],
  );

  const place = { store: 'postgres', path: `credentials/${first.credentialId}`, version: 2 };
  expect(await worker.inventory.reserveVersion(first.credentialId, 'run/old', 'files')).toEqual(place);
  expect((await worker.inventory.version(first.credentialId, 2)).secret).toEqual(place);
});

it('goes on with a first version where it was begun', async () => {
  const credential = newCredential();
  const before = workerWith('files');
  const failing = { ...before.provider, createReplacement: () => Promise.reject(new Error('the worker died')) };
  await expect(
    issueFirstVersion({ ...before, providers: new Map([['postgres-role', failing]]) }, credential),
  ).rejects.toThrow();

  const first = await issueFirstVersion(workerWith('postgres'), credential);

  expect(first.secret.store).toBe('files');
});
