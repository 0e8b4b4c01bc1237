import { connect, credsAuthenticator } from '@nats-io/transport-node';
import { createOperator } from '@nats-io/nkeys';
import { natsClaims } from '../../activities/providers/nats-claims';
import type { NatsUserSettings } from '../../activities/providers/nats-account';
import { presentUser } from '../../activities/providers/nats-connection';
import { createNatsUserProvider } from '../../activities/providers/nats-user';
import type { SecretStore } from '../../domain/ports/stores';
import { parseMaterial } from '../../domain/secret-material';
import { callContext } from '../support/call-context';
import { TEST_FINGERPRINT_KEYS } from '../support/fingerprint-keys';
import { memorySecrets } from '../support/memory-secrets';
import { startNatsOperator } from '../../drills/systems/nats-operator';
import { oneByOne } from '../support/one-by-one';
import { sampleCredential, sampleVersion, secretRef } from '../support/sample-credential';

const context = callContext();
let operator: Awaited<ReturnType<typeof startNatsOperator>>;

beforeAll(async () => {
  operator = await startNatsOperator();
});

afterAll(async () => {
  await operator.stop();
});

function providerOf(secrets: SecretStore, settings = operator.settings()) {
  return createNatsUserProvider(new Map([['orders', settings]]), secrets, oneByOne(), TEST_FINGERPRINT_KEYS);
}

function rig(more: Partial<NatsUserSettings> = {}, scopes: readonly string[] = ['sub:orders.>']) {
  const secrets = memorySecrets();
  const settings = { ...operator.settings(), ...more };
  const credential = sampleCredential({ id: 'orders-bus', provider: 'nats-user', scopes });
  const provider = providerOf(secrets, settings);
  return {
    provider,
    credential,
    async mint(version: number) {
      const ref = { version, secret: secretRef(credential.id, version) };
      const { value } = await provider.createReplacement(credential, ref, context);
      return sampleVersion({ credentialId: credential.id, ...ref, ...value });
    },
    login: async (version: number) => {
      const { url, creds } = parseMaterial('nats-user', await secrets.get(secretRef(credential.id, version)));
      return connect({ servers: url, authenticator: credsAuthenticator(new TextEncoder().encode(creds)) });
    },
  };
}

it('is not signed with a key that it was not signed with: the server would take it, and let nobody in any more', async () => {
  const stranger = new TextDecoder().decode(createOperator().getSeed());
  const { provider, credential, mint } = rig({ operatorSeed: stranger });
  const leaked = await rig().mint(1);
  const before = await operator.claims();
  const denied = { code: 'PROVIDER_ADMIN_DENIED', fields: { reply: 'the account was signed with another key' } };

  await expect(provider.probe(credential, context)).rejects.toMatchObject(denied);
  await expect(provider.quarantine(credential, leaked, context)).rejects.toMatchObject(denied);
  await expect(mint(2)).rejects.toMatchObject(denied);

  expect(await operator.claims()).toBe(before);
});

it('keeps every revocation, also of two at once', async () => {
  const settings = operator.settings();
  const claims = natsClaims({ settings, account: 'orders', signal: context.signal, inTurn: oneByOne() });
  const { mint } = rig();
  const [one, two] = [await mint(1), await mint(2)].map(({ publicId }) => publicId);

  await Promise.all([claims.revoke(one ?? ''), claims.revoke(two ?? '')]);

  expect([await claims.isRevoked(one ?? ''), await claims.isRevoked(two ?? '')]).toEqual([true, true]);
});

it('lets nobody in with a user that was undone while it was made', async () => {
  const secrets = memorySecrets();
  const credential = sampleCredential({ id: 'orders-bus', provider: 'nats-user', scopes: [] });
  const ref = { version: 1, secret: secretRef(credential.id, 1) };
  const undoneBefore: SecretStore = {
    ...secrets,
    async putIfAbsent(key, text) {
      if (key === ref.secret)
        await providerOf(secrets).discard(credential, sampleVersion({ ...ref, publicId: '' }), context);
      return secrets.putIfAbsent(key, text);
    },
  };

  await expect(providerOf(undoneBefore).createReplacement(credential, ref, context)).rejects.toMatchObject({
    fields: { found: 'contained' },
  });

  const { url, creds } = parseMaterial('nats-user', await secrets.get(ref.secret));
  const answer = await presentUser({ url, creds, name: 'test' }, context.signal);
  expect(answer).toBe('refused');
});

it('refuses again what an attempt to release let in that died before it saw that it is revoked', async () => {
  const { provider, credential, mint } = rig();
  const version = await mint(1);
  await provider.revoke(credential, version, context);
  const settings = operator.settings();
  const claims = natsClaims({ settings, account: 'orders', signal: context.signal, inTurn: oneByOne() });
  await claims.restore(version.publicId);

  await expect(provider.release(credential, version, context)).rejects.toMatchObject({ code: 'CONTAINMENT_FINAL' });

  expect(await claims.isRevoked(version.publicId)).toBe(true);
});

it('gives a user the rights that the scopes name, and no others', async () => {
  const { mint, login, provider, credential } = rig();
  const version = await mint(1);
  const nats = await login(1);
  const heard: string[] = [];
  nats.subscribe('orders.new', { callback: (error) => void heard.push(error?.name ?? 'heard') });
  nats.subscribe('payments.new', { callback: (error) => void heard.push(error?.name ?? 'heard') });

  nats.publish('orders.new');
  await nats.flush();
  await nats.close();

  expect(heard).toEqual(['PermissionViolationError']);
  expect((await provider.test(credential, version, context)).state).toBe('done');
});

it('makes no user of a scope that says neither what to publish nor what to hear', async () => {
  const { mint } = rig({}, ['orders:read']);

  await expect(mint(1)).rejects.toMatchObject({ code: 'PROVIDER_REFUSED', fields: { scope: 'orders:read' } });
});
