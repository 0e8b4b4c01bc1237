import { createOauthClientProvider } from '../../activities/providers/oauth-client';
import type { SecretVersion } from '../../domain/credential';
import { parseMaterial } from '../../domain/secret-material';
import { FaultProxy } from '../../drills/chaos/fault-proxy';
import { TEST_FINGERPRINT_KEYS } from '../support/fingerprint-keys';
import { memorySecrets } from '../support/memory-secrets';
import { startOidcServer } from '../../drills/systems/oidc-server';
import { sampleCredential } from '../support/sample-credential';
import type { ProviderRig } from '../support/provider-rig';
import { BUSY_HTTP } from '../support/server-says';
import { describeCredentialProvider } from './credential-provider.contract';

/** The same as an authorization server that ends tokens with their client; `oauth-client-tokens.test.ts` has one that does not. */
async function makeRig(): Promise<ProviderRig> {
  const server = await startOidcServer();
  const target = { host: '127.0.0.1', port: server.port };
  const [adminWay, loginWay] = [await FaultProxy.start(target), await FaultProxy.start(target)];
  const secrets = memorySecrets();
  const given = new Map<string, string[]>();
  const settings = server.declare(`http://127.0.0.1:${adminWay.port}`, `http://127.0.0.1:${loginWay.port}`);

  async function tokenFor({ secret }: SecretVersion): Promise<string | undefined> {
    const { clientId, clientSecret } = parseMaterial('oauth-client', await secrets.get(secret));
    return server.tokenOf(clientId, clientSecret);
  }

  return {
    provider: createOauthClientProvider(new Map([['orders', settings]]), secrets, TEST_FINGERPRINT_KEYS),
    secretStore: secrets,
    credential: sampleCredential({ id: 'orders-client', provider: 'oauth-client' }),
    adminWay,
    loginWay,
    busy: BUSY_HTTP,
    changing: /^(?:DELETE|PUT) |^POST \S*\/(?:reg|token\/revocation)\b/,
    accepts: async (version) => (await tokenFor(version)) !== undefined,
    async openSession(version) {
      const token = await tokenFor(version);
      if (token === undefined) return undefined;
      given.set(version.publicId, [...(given.get(version.publicId) ?? []), token]);
      return { end: () => Promise.resolve() };
    },
    async sessions({ publicId }) {
      const are = await Promise.all((given.get(publicId) ?? []).map(server.isActive));
      return are.filter(Boolean).length;
    },
    admin: (accepted) => server.admin(accepted),
    kept: async () => (await server.clients()).length,
    records: () => server.clients(),
    secrets: () => Promise.resolve([...secrets.stored().flatMap(secretsIn), server.initialAccessToken]),
    async stop() {
      await Promise.all([adminWay.stop(), loginWay.stop()]);
      await server.stop();
    },
  };
}

/** Of what stands in the secret store: a client's secret, the token it is managed by, and the last it was given. */
function secretsIn(text: string): readonly string[] {
  return [...text.matchAll(/"(?:clientSecret|client_secret|token)":"([^"]+)"/g)].map(([, value = '']) => value);
}

describeCredentialProvider({
  name: 'oauth-client',
  make: makeRig,
  skip: [
    {
      reason: 'RFC 7591 has no way to look for a client whose registration was not answered (docs/operations.md)',
      cases: ['creates nothing anew after an answer that was lost'],
    },
    {
      reason: 'without its registration access token (RFC 7592) a client can not be ended',
      cases: ['takes in what others have issued as it keeps what it has minted itself'],
    },
    {
      reason: 'the tokens that a client has are ended with it, and not before: RFC 7592 has no way to',
      cases: ['quarantine ends the sessions', 'quarantine lets no login slip through that races it'],
    },
  ],
});
