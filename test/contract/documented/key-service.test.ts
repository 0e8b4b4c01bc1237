import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createKeyServiceProvider } from '../../../docs/examples/key-service';
import type { SecretVersion } from '../../../domain/credential';
import { parseMaterial } from '../../../domain/secret-material';
import { FaultProxy } from '../../../drills/chaos/fault-proxy';
import { TEST_FINGERPRINT_KEYS } from '../../support/fingerprint-keys';
import { startKeyServer } from '../../support/key-server';
import { memorySecrets } from '../../support/memory-secrets';
import { sampleCredential } from '../../support/sample-credential';
import type { ProviderRig } from '../../support/provider-rig';
import { BUSY_HTTP, HTTP_CHANGE } from '../../support/server-says';
import { describeCredentialProvider } from '../credential-provider.contract';

/** Our admin reaches the service by one way, and dependents by another. */
async function makeRig(): Promise<ProviderRig> {
  const server = await startKeyServer();
  const target = { host: '127.0.0.1', port: server.port };
  const [adminWay, loginWay] = [await FaultProxy.start(target), await FaultProxy.start(target)];
  const secrets = memorySecrets();
  const urlOf = ({ port }: FaultProxy): string => `http://127.0.0.1:${port}`;
  const settings = { adminUrl: urlOf(adminWay), url: urlOf(loginWay), adminToken: server.adminToken };
  const valueOf = async ({ secret }: SecretVersion) => parseMaterial('http', await secrets.get(secret)).secret;
  return {
    provider: createKeyServiceProvider(new Map([['orders', settings]]), secrets, TEST_FINGERPRINT_KEYS),
    secretStore: secrets,
    credential: sampleCredential({ id: 'orders-keys', provider: 'key-service' }),
    adminWay,
    loginWay,
    busy: BUSY_HTTP,
    changing: HTTP_CHANGE,
    accepts: async (version) => server.accepts(await valueOf(version)),
    openSession: () => Promise.resolve(undefined),
    sessions: () => Promise.resolve(0),
    admin: (accepted) => Promise.resolve(void (server.state.accepted = accepted)),
    kept: () => Promise.resolve(server.keys.size),
    records: () => Promise.resolve([...server.keys].map(([id, key]) => ({ id, ...key }))),
    secrets: () => Promise.resolve([...server.keys.values()].map(({ value }) => value).concat(server.adminToken)),
    async stop() {
      await Promise.all([adminWay.stop(), loginWay.stop()]);
      await server.stop();
    },
  };
}

describeCredentialProvider({
  name: 'key-service',
  make: makeRig,
  skip: [
    {
      reason: 'its keys have no sessions',
      cases: ['quarantine ends the sessions', 'quarantine lets no login slip through that races it'],
    },
  ],
});

test('docs/adding-a-provider.md shows this provider, and this test', () => {
  const root = join(__dirname, '../../..');
  const page = readFileSync(join(root, 'docs/adding-a-provider.md'), 'utf8');
  const shown = [...page.matchAll(/```ts\n(?<code>[^]*?)```/g)].map((match) => match.groups?.['code']);

  expect(shown).toContain(readFileSync(join(root, 'docs/examples/key-service.ts'), 'utf8'));
  const ownTest = readFileSync(__filename, 'utf8');
  const [rig = ''] = /\/\*\* Our admin reaches[^]*?\n}\n/.exec(ownTest) ?? [];
  expect(shown.some((code) => code?.startsWith(rig))).toBe(true);
});
