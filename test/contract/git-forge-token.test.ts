import { gitForgeAccount } from '../../activities/providers/git-forge-account';
import { createGitForgeTokenProvider } from '../../activities/providers/git-forge-token';
import type { SecretVersion } from '../../domain/credential';
import { parseMaterial } from '../../domain/secret-material';
import { FaultProxy } from '../../drills/chaos/fault-proxy';
import { callContext } from '../support/call-context';
import { TEST_FINGERPRINT_KEYS } from '../support/fingerprint-keys';
import { startGitForge } from '../../drills/systems/git-forge';
import { memorySecrets } from '../support/memory-secrets';
import { sampleCredential, sampleVersion, secretRef } from '../support/sample-credential';
import type { ProviderRig } from '../support/provider-rig';
import { BUSY_HTTP, HTTP_CHANGE } from '../support/server-says';
import { describeCredentialProvider, OF_QUARANTINE } from './credential-provider.contract';

const CREDENTIAL = sampleCredential({
  id: 'orders-forge',
  provider: 'git-forge-token',
  account: 'forge',
  scopes: ['read:repository', 'read:user'],
});

/** One way for our admin and for whoever uses a token: a forge has one address. */
async function makeRig(): Promise<ProviderRig & { readonly forge: Awaited<ReturnType<typeof startGitForge>> }> {
  const forge = await startGitForge();
  const target = { host: '127.0.0.1', port: forge.port };
  const way = await FaultProxy.start(target);
  const secrets = memorySecrets();
  const minted = new Map<string, SecretVersion['secret']>();
  const settings = { url: `http://127.0.0.1:${way.port}`, admin: forge.admin };

  async function valueOf({ publicId, secret }: SecretVersion): Promise<string> {
    minted.set(publicId, secret);
    return parseMaterial('http', await secrets.get(secret)).secret;
  }

  return {
    forge,
    provider: createGitForgeTokenProvider(new Map([['forge', settings]]), secrets, TEST_FINGERPRINT_KEYS),
    secretStore: secrets,
    credential: CREDENTIAL,
    adminWay: way,
    loginWay: way,
    busy: BUSY_HTTP,
    changing: HTTP_CHANGE,
    accepts: async (version) => forge.find(await valueOf(version)) !== undefined,
    openSession: () => Promise.resolve(undefined),
    sessions: () => Promise.resolve(0),
    admin: (accepted) => Promise.resolve(void (forge.state.accepted = accepted)),
    kept: () => Promise.resolve(forge.tokens.size),
    records: () => Promise.resolve([...forge.tokens.values()].map((token) => ({ ...token }))),
    async secrets() {
      const values = await Promise.all([...minted.values()].map((ref) => secrets.get(ref)));
      return [...values.map((value) => parseMaterial('http', value).secret), forge.admin, forge.admin.slice(5)];
    },
    async stop() {
      await way.stop();
      await forge.stop();
    },
  };
}

describeCredentialProvider({
  name: 'git-forge-token',
  make: makeRig,
  skip: [
    {
      reason: 'a forge can refuse a token only by deleting it, and says so',
      cases: OF_QUARANTINE,
    },
    {
      reason: 'a forge has one address: while nobody answers there, our admin is not answered either',
      cases: [
        'could not tell when nobody answers',
        'proves no death by an answer that is none, nor by a server that is too busy',
      ],
    },
  ],
});

describe('a token of a forge', () => {
  it('is not refused for now, and nothing says that it were; its end tells when it was last used', async () => {
    const rig = await makeRig();
    const context = callContext();
    const secret = secretRef(CREDENTIAL.id, 1);
    const { value } = await rig.provider.createReplacement(CREDENTIAL, { version: 1, secret }, context);
    const version = { ...sampleVersion({ credentialId: CREDENTIAL.id, version: 1 }), ...value };
    await rig.provider.test(CREDENTIAL, version, context);

    const quarantined = await rig.provider.quarantine(CREDENTIAL, version, context);
    const accepted = await rig.accepts(version);
    const { evidence } = await rig.provider.revoke(CREDENTIAL, version, context);

    expect([rig.provider.canQuarantine?.(CREDENTIAL), accepted]).toEqual([false, true]);
    expect([quarantined.state, quarantined.evidence]).toEqual([
      'already',
      expect.stringContaining('in no way but for good'),
    ]);
    expect(evidence).toMatch(/is deleted; it was last used at \d{4}-\d\d-\d\dT/);
    await rig.stop();
  });

  it('is tried also without the right to read its own user: a refusal for want of a scope is no refusal', async () => {
    const rig = await makeRig();
    const context = callContext();
    const narrow = { ...CREDENTIAL, scopes: ['read:repository'] };
    const secret = secretRef(CREDENTIAL.id, 1);
    const { value } = await rig.provider.createReplacement(narrow, { version: 1, secret }, context);
    const version = { ...sampleVersion({ credentialId: CREDENTIAL.id, version: 1 }), ...value };

    expect(await rig.provider.test(narrow, version, context)).toMatchObject({ state: 'done' });
    await rig.stop();
  });

  it.each(['http://git.example.com', 'https://git.example.com/', 'https://git.example.com?a=b', 'git.example.com'])(
    'is not asked for at %s',
    (url) => {
      expect(gitForgeAccount.safeParse({ url, adminFile: '/f' }).success).toBe(false);
    },
  );
});
