import { createHttpProvider } from '../../activities/providers/http';
import type { SecretVersion } from '../../domain/credential';
import { parseMaterial } from '../../domain/secret-material';
import { FaultProxy } from '../../drills/chaos/fault-proxy';
import { TEST_FINGERPRINT_KEYS } from '../support/fingerprint-keys';
import { memorySecrets } from '../support/memory-secrets';
import { sampleCredential } from '../support/sample-credential';
import { startTokenServer } from '../../drills/systems/token-server';
import type { ProviderRig } from '../support/provider-rig';
import { BUSY_HTTP, HTTP_CHANGE } from '../support/server-says';
import { describeCredentialProvider } from './credential-provider.contract';

/** A server that makes values and shows them once, wants each call signed, and is known by its declaration only. */
async function makeRig(): Promise<ProviderRig> {
  const server = await startTokenServer();
  const target = { host: '127.0.0.1', port: server.port };
  const [adminWay, loginWay] = [await FaultProxy.start(target), await FaultProxy.start(target)];
  const secrets = memorySecrets();
  const minted = new Map<string, SecretVersion['secret']>();
  const settings = server.declare(`http://127.0.0.1:${adminWay.port}`, `http://127.0.0.1:${loginWay.port}`);

  async function valueOf({ publicId, secret }: SecretVersion): Promise<string> {
    minted.set(publicId, secret);
    return parseMaterial('http', await secrets.get(secret)).secret;
  }

  return {
    provider: createHttpProvider(new Map([['orders', settings]]), secrets, TEST_FINGERPRINT_KEYS),
    secretStore: secrets,
    credential: sampleCredential({ id: 'orders-forge', provider: 'http' }),
    adminWay,
    loginWay,
    busy: BUSY_HTTP,
    changing: HTTP_CHANGE,
    accepts: async (version) => server.accepts(await valueOf(version)),
    openSession: () => Promise.resolve(undefined),
    sessions: () => Promise.resolve(0),
    admin: (accepted) => Promise.resolve(void (server.state.accepted = accepted)),
    kept: () => Promise.resolve(server.tokens.size),
    records: () => Promise.resolve([...server.tokens.values()].map((token) => ({ ...token }))),
    async secrets() {
      const values = await Promise.all([...minted.values()].map((ref) => secrets.get(ref)));
      return [...values.map((value) => parseMaterial('http', value).secret), server.admin, server.signingKey];
    },
    async stop() {
      await Promise.all([adminWay.stop(), loginWay.stop()]);
      await server.stop();
    },
  };
}

describeCredentialProvider({
  name: 'http',
  make: makeRig,
  skip: [
    {
      reason: 'what its values open is not declared',
      cases: ['quarantine ends the sessions', 'quarantine lets no login slip through that races it'],
    },
  ],
});
