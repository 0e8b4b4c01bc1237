import { connect, credsAuthenticator, type NatsConnection } from '@nats-io/transport-node';
import { createNatsUserProvider } from '../../activities/providers/nats-user';
import type { SecretVersion } from '../../domain/credential';
import { parseMaterial } from '../../domain/secret-material';
import { FaultProxy } from '../../drills/chaos/fault-proxy';
import { TEST_FINGERPRINT_KEYS } from '../support/fingerprint-keys';
import { memorySecrets } from '../support/memory-secrets';
import { startNatsOperator } from '../../drills/systems/nats-operator';
import { oneByOne } from '../support/one-by-one';
import { sampleCredential } from '../support/sample-credential';
import type { ProviderRig } from '../support/provider-rig';
import { BUSY_NATS } from '../support/server-says';
import { describeCredentialProvider } from './credential-provider.contract';

/** Its admin reaches the server by one way, and users log in by another: two addresses of the same server. */
async function makeRig(): Promise<ProviderRig> {
  const operator = await startNatsOperator();
  const target = { host: '127.0.0.1', port: operator.port };
  const [adminWay, loginWay] = [await FaultProxy.start(target), await FaultProxy.start(target)];
  const secrets = memorySecrets();
  const direct = operator.settings();
  const settings = operator.settings(`nats://127.0.0.1:${loginWay.port}`, `nats://127.0.0.1:${adminWay.port}`);
  const accounts = new Map([['orders', settings]]);
  const provider = createNatsUserProvider(accounts, secrets, oneByOne(), TEST_FINGERPRINT_KEYS);

  async function login({ secret }: SecretVersion): Promise<NatsConnection | undefined> {
    const { creds } = parseMaterial('nats-user', await secrets.get(secret));
    const authenticator = credsAuthenticator(new TextEncoder().encode(creds));
    return connect({ servers: direct.url, authenticator, reconnect: false }).catch(() => undefined);
  }

  return {
    provider,
    secretStore: secrets,
    credential: sampleCredential({ id: 'orders-bus', provider: 'nats-user', scopes: ['pub:orders.>', 'sub:orders.>'] }),
    adminWay,
    loginWay,
    busy: BUSY_NATS,
    changing: /\$SYS\.REQ\.CLAIMS\.UPDATE/,
    async accepts(version) {
      const session = await login(version);
      await session?.close();
      return session !== undefined;
    },
    async openSession(version) {
      const session = await login(version);
      return session && { end: () => session.close() };
    },
    sessions: ({ publicId }) => operator.connections(publicId),
    admin: (accepted) =>
      Promise.resolve(
        void accounts.set('orders', accepted ? settings : { ...settings, systemCreds: operator.strangers }),
      ),
    records: () => operator.claims(),
    secrets: () =>
      Promise.resolve(
        [...secrets.stored(), direct.systemCreds, direct.operatorSeed, direct.accountSeed].flatMap(
          (text) => text.match(/\bS[UAO][A-Z2-7]{56}\b/g) ?? [],
        ),
      ),
    async stop() {
      await Promise.all([adminWay.stop(), loginWay.stop()]);
      await operator.stop();
    },
  };
}

describeCredentialProvider({
  name: 'nats-user',
  make: makeRig,
  skip: [
    {
      reason: 'a user is signed here: no server is told of it',
      cases: ['creates nothing anew after an answer that was lost'],
    },
  ],
});
