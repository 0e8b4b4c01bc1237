import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { nameOf } from '../../activities/store/secret-stores/secret-place';
import { vaultSettings } from '../../activities/store/secret-stores/store-settings';
import { createVaultStore } from '../../activities/store/secret-stores/vault';
import type { SecretRef } from '../../domain/credential';
import { temporaryFolder } from '../support/temporary-folder';
import { startVaultServer, type VaultServer } from '../support/vault-server';
import { httpStoreRig } from '../support/http-store-rig';
import { describeSecretStore } from './secret-store.contract';

const TOKEN = 'hvs.made-up-token-of-a-test';
const folder = temporaryFolder();
const storeAt = (url: string, more: object = {}) =>
  createVaultStore(vaultSettings.parse({ url, tokenFile: path.join(folder.path, 'token'), ...more }));

describeSecretStore({
  name: 'vault',
  async make() {
    await writeFile(path.join(folder.path, 'token'), `${TOKEN}\n`);
    return httpStoreRig(await startVaultServer(TOKEN), storeAt, TOKEN, {
      denied: { status: 403, body: (sent) => JSON.stringify({ errors: [`permission denied: ${sent}`] }) },
      throttled: { status: 429, body: (sent) => JSON.stringify({ errors: [`rate limit quota exceeded: ${sent}`] }) },
      failing: { status: 503, body: (sent) => JSON.stringify({ errors: [`Vault is sealed: ${sent}`] }) },
      malformed: { status: 200, body: (sent) => JSON.stringify({ data: sent }) },
    });
  },
});

describe('the secret store vault, beyond the contract', () => {
  const ref: SecretRef = { store: 'vault', path: 'credentials/orders', version: 3 };
  const place = `tourniquet/${nameOf(ref)}`;
  const missing = { code: 'SECRET_NOT_FOUND' };
  const unavailable = { code: 'SECRET_STORE_UNAVAILABLE' };
  let server: VaultServer;

  beforeEach(async () => {
    await writeFile(path.join(folder.path, 'token'), TOKEN);
    server = await startVaultServer(TOKEN);
  });

  afterEach(() => server.stop());

  it('reads its token anew at each call', async () => {
    const store = storeAt(server.url);
    await store.putIfAbsent(ref, 'value');
    server.tokens.clear();
    server.tokens.add('renewed');
    await expect(store.get(ref)).rejects.toMatchObject({ ...unavailable, fields: { status: 403 } });

    await writeFile(path.join(folder.path, 'token'), 'renewed\n');

    expect(await store.get(ref)).toBe('value');
  });

  it('asks in its namespace', async () => {
    server.namespace = 'security';

    expect(await storeAt(server.url, { namespace: 'security' }).putIfAbsent(ref, 'value')).toBe('stored');
    await expect(storeAt(server.url).get(ref)).rejects.toMatchObject(unavailable);
  });

  it('takes a mount that is not there, or of version 1, for no answer: nothing is missing', async () => {
    for (const mount of ['nowhere', 'old']) {
      const store = storeAt(server.url, { mount });
      const said = await Promise.allSettled([store.putIfAbsent(ref, 'value'), store.get(ref)]);

      expect(said.map((one) => one.status === 'rejected' && (one.reason as unknown))).toMatchObject([
        unavailable,
        unavailable,
      ]);
    }
  });

  it('does not write over what somebody deleted by hand and may bring back', async () => {
    const store = storeAt(server.url);
    await store.putIfAbsent(ref, 'value');
    server.kept.get(place)!.versions[0] = undefined;

    expect(await store.putIfAbsent(ref, 'another')).toBe('exists');
    await expect(store.get(ref)).rejects.toMatchObject(missing);
  });

  it('says SECRET_UNREADABLE of a value that belongs elsewhere', async () => {
    const store = storeAt(server.url);
    const other = { ...ref, version: 4 };
    await store.putIfAbsent(other, 'value');
    server.kept.set(place, server.kept.get(`tourniquet/${nameOf(other)}`)!);

    await expect(store.get(ref)).rejects.toMatchObject({ code: 'SECRET_UNREADABLE' });
  });

  it('asks nobody without a token', async () => {
    await writeFile(path.join(folder.path, 'token'), '');

    await expect(storeAt(server.url).get(ref)).rejects.toMatchObject(unavailable);
  });
});
