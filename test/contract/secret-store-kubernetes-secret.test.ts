import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createKubernetesSecretStore } from '../../activities/store/secret-stores/kubernetes-secret';
import { nameOf } from '../../activities/store/secret-stores/secret-place';
import { kubernetesSettings } from '../../activities/store/secret-stores/store-settings';
import type { SecretRef } from '../../domain/credential';
import { httpStoreRig } from '../support/http-store-rig';
import { startKubernetesSecretsApi, type KubernetesSecretsApi } from '../support/kubernetes-secrets-api';
import { temporaryFolder } from '../support/temporary-folder';
import { describeSecretStore } from './secret-store.contract';

const TOKEN = 'made-up-token-of-a-service-account';
const folder = temporaryFolder();
const storeAt = (url: string, namespace = 'tourniquet') =>
  createKubernetesSecretStore(kubernetesSettings.parse({ url, namespace, tokenFile: path.join(folder.path, 'token') }));
const status = (code: number, reason: string) => ({
  status: code,
  body: (sent: string) => JSON.stringify({ kind: 'Status', status: 'Failure', reason, code, message: sent }),
});

describeSecretStore({
  name: 'kubernetes-secret',
  async make() {
    await writeFile(path.join(folder.path, 'token'), `${TOKEN}\n`);
    return httpStoreRig(await startKubernetesSecretsApi(TOKEN), storeAt, TOKEN, {
      denied: status(403, 'Forbidden'),
      throttled: status(429, 'TooManyRequests'),
      failing: status(500, 'InternalError'),
      malformed: { status: 200, body: (sent) => `<html>${sent}</html>` },
    });
  },
});

describe('the secret store kubernetes-secret, beyond the contract', () => {
  const ref: SecretRef = { store: 'kubernetes-secret', path: 'credentials/orders', version: 3 };
  const unavailable = { code: 'SECRET_STORE_UNAVAILABLE' };
  let api: KubernetesSecretsApi;

  beforeEach(async () => {
    await writeFile(path.join(folder.path, 'token'), TOKEN);
    api = await startKubernetesSecretsApi(TOKEN);
  });

  afterEach(() => api.stop());

  it('makes Secrets that nobody changes, and that say whose they are', async () => {
    await storeAt(api.url).putIfAbsent(ref, 'value');

    expect(api.kept.get(nameOf(ref))).toMatchObject({
      immutable: true,
      type: 'Opaque',
      metadata: {
        name: expect.stringMatching(/^tq-credentials-orders-3-[0-9a-f]{64}$/) as string,
        labels: { 'app.kubernetes.io/managed-by': 'tourniquet' },
        annotations: { 'tourniquet/place': '["credentials/orders",3]' },
      },
    });
  });

  it('reads its token anew at each call', async () => {
    const store = storeAt(api.url);
    await store.putIfAbsent(ref, 'value');
    api.tokens.clear();
    api.tokens.add('renewed');
    await expect(store.get(ref)).rejects.toMatchObject({ ...unavailable, fields: { status: 401 } });

    await writeFile(path.join(folder.path, 'token'), 'renewed');

    expect(await store.get(ref)).toBe('value');
  });

  it('says SECRET_UNREADABLE of a Secret that belongs elsewhere, or that somebody emptied', async () => {
    const store = storeAt(api.url);
    await store.putIfAbsent(ref, 'value');
    const kept = api.kept.get(nameOf(ref))!;

    kept.metadata.annotations = { 'tourniquet/place': '["credentials/orders",4]' };
    await expect(store.get(ref)).rejects.toMatchObject({ code: 'SECRET_UNREADABLE' });
    kept.metadata.annotations = { 'tourniquet/place': '["credentials/orders",3]' };
    kept.data = {};
    await expect(store.get(ref)).rejects.toMatchObject({ code: 'SECRET_UNREADABLE' });
  });

  it('takes a namespace that it may not use for no answer', async () => {
    await expect(storeAt(api.url, 'other').get(ref)).rejects.toMatchObject(unavailable);
  });
});
