import { GITHUB_TOKEN, githubAccount } from '../../activities/providers/github-account';
import { createGithubTokenProvider } from '../../activities/providers/github-token';
import { fingerprint } from '../../domain/fingerprint';
import { parseMaterial } from '../../domain/secret-material';
import { FaultProxy, type ProxyMode } from '../../drills/chaos/fault-proxy';
import { startGithub } from '../../drills/systems/github';
import { callContext } from '../support/call-context';
import { TEST_FINGERPRINT_KEYS } from '../support/fingerprint-keys';
import { memorySecrets } from '../support/memory-secrets';
import { sampleCredential, sampleVersion, secretRef } from '../support/sample-credential';
import type { ProviderRig } from '../support/provider-rig';
import { BUSY_HTTP, CAPTIVE_PORTAL, HTTP_CHANGE } from '../support/server-says';
import { describeCredentialProvider, OF_QUARANTINE } from './credential-provider.contract';

const CREDENTIAL = sampleCredential({ id: 'orders-github', provider: 'github-token', account: 'github' });
const UNKNOWN = `ghp_${'x'.repeat(36)}`;

/** One way for our calls and for whoever uses a token: GitHub's API has one address. */
async function makeRig(
  revokedAfterMs?: number,
): Promise<ProviderRig & { readonly github: Awaited<ReturnType<typeof startGithub>> }> {
  const github = await startGithub(revokedAfterMs === undefined ? {} : { revokedAfterMs });
  const way = await FaultProxy.start({ host: '127.0.0.1', port: github.port });
  const secrets = memorySecrets();
  const issued: string[] = [];
  const absent = {
    ...sampleVersion({ credentialId: CREDENTIAL.id, version: 999 }),
    secret: secretRef(CREDENTIAL.id, 999),
  };
  await secrets.putIfAbsent(absent.secret, JSON.stringify({ kind: 'http', id: 'token-x', secret: UNKNOWN }));
  return {
    github,
    provider: createGithubTokenProvider(
      new Map([['github', { url: `http://127.0.0.1:${way.port}` }]]),
      secrets,
      TEST_FINGERPRINT_KEYS,
    ),
    secretStore: secrets,
    credential: CREDENTIAL,
    adminWay: way,
    loginWay: way,
    busy: BUSY_HTTP,
    changing: HTTP_CHANGE,
    absent,
    issue() {
      issued.push(github.issue('orders-bot'));
      return Promise.resolve(issued.at(-1) ?? '');
    },
    accepts: async ({ secret }) => github.tokens.has(parseMaterial('http', await secrets.get(secret)).secret),
    openSession: () => Promise.resolve(undefined),
    sessions: () => Promise.resolve(0),
    admin: () => Promise.resolve(),
    kept: () => Promise.resolve(github.tokens.size),
    records: () => Promise.resolve([...github.tokens]),
    secrets: () => Promise.resolve([...issued, UNKNOWN]),
    async stop() {
      await way.stop();
      await github.stop();
    },
  };
}

describeCredentialProvider({
  name: 'github-token',
  make: () => makeRig(),
  skip: [
    {
      reason: 'GitHub can refuse a token only by revoking it, and says so',
      cases: OF_QUARANTINE,
    },
    {
      reason: 'GitHub issues a token to a person only, and says so',
      cases: [
        'creates once for one ref: the same credential and the same value',
        'creates one credential when two attempts of one step overlap',
        'discard ends what was minted though its mint gave no answer, so that it has no name',
        'discard of what no server can have been told of asks nobody',
        'takes in what others have issued as it keeps what it has minted itself',
        'creates nothing anew after an answer that was lost',
      ],
    },
    {
      reason: 'there is no admin credential',
      cases: ['says PROVIDER_ADMIN_DENIED when our admin credential is refused'],
    },
    {
      reason:
        'nobody is asked for an admin’s sake: a proof that nobody answers could not tell; the rest is shown below',
      cases: [
        'says PROVIDER_UNAVAILABLE when the server is away, or silent',
        'says PROVIDER_UNAVAILABLE of a server that is too busy, and how long it asks us to wait',
        'says PROVIDER_UNAVAILABLE of an answer that is none, and takes nothing for done',
      ],
    },
  ],
});

describe('a token of GitHub', () => {
  it('is taken in by its fingerprint, and none that GitHub would not let us revoke', () => {
    const provider = createGithubTokenProvider(
      new Map([['github', { url: 'https://api.example.com' }]]),
      memorySecrets(),
      TEST_FINGERPRINT_KEYS,
    );
    const adopt = (value: string) => () => provider.adopt?.(CREDENTIAL, { version: 1, value });

    expect(adopt(UNKNOWN)()?.subjects).toEqual(TEST_FINGERPRINT_KEYS.map((key) => fingerprint(UNKNOWN, key)));
    expect(JSON.stringify({ ...adopt(UNKNOWN)(), material: undefined })).not.toContain(UNKNOWN);
    for (const value of [`ghs_${'x'.repeat(36)}`, 'x'.repeat(40), 'ghp_short'])
      expect(adopt(value)).toThrow('ADOPTION_REFUSED');
  });

  it('can be replaced by a person only, and its end is for ever', async () => {
    const rig = await makeRig();
    const next = { version: 2, secret: secretRef(CREDENTIAL.id, 2) };

    const minted = rig.provider.createReplacement(CREDENTIAL, next, callContext());

    await expect(minted).rejects.toMatchObject({ code: 'REPLACEMENT_BY_PERSON' });
    expect([GITHUB_TOKEN.quarantine, GITHUB_TOKEN.sideEffects.join()]).toEqual([
      'none',
      expect.stringContaining('can NOT be undone'),
    ]);
    await rig.stop();
  });

  it('is revoked with others that are wanted dead at the time, in few calls', async () => {
    const rig = await makeRig();
    const versions = await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        const secret = secretRef(CREDENTIAL.id, index + 1);
        const token = await rig.issue?.();
        await rig.secretStore.putIfAbsent(secret, JSON.stringify({ kind: 'http', id: 'token', secret: token }));
        return { ...sampleVersion({ credentialId: CREDENTIAL.id, version: index + 1 }), secret };
      }),
    );

    const ended = await Promise.all(versions.map((one) => rig.provider.revoke(CREDENTIAL, one, callContext())));

    expect(ended.map(({ state }) => state)).toEqual(Array(60).fill('done'));
    expect(rig.github.calls.reduce((sum, one) => sum + one, 0)).toBe(60);
    // A busy machine spreads them over some seconds.
    expect(rig.github.calls.length).toBeLessThan(30);
    await rig.stop();
  });

  it('is revoked though GitHub tells nobody whether it works', async () => {
    const rig = await makeRig();
    const secret = secretRef(CREDENTIAL.id, 1);
    const token = (await rig.issue?.()) ?? '';
    await rig.secretStore.putIfAbsent(secret, JSON.stringify({ kind: 'http', id: 'token', secret: token }));
    rig.github.state.isTired = true;

    await rig.provider.revoke(CREDENTIAL, { ...sampleVersion({ credentialId: CREDENTIAL.id }), secret }, callContext());

    expect([rig.github.tokens.has(token), rig.github.calls]).toEqual([false, [1]]);
    await rig.stop();
  });

  it('is not called ended while GitHub accepts it, and is asked for again later', async () => {
    const rig = await makeRig(60_000);
    const secret = secretRef(CREDENTIAL.id, 1);
    const token = await rig.issue?.();
    await rig.secretStore.putIfAbsent(secret, JSON.stringify({ kind: 'http', id: 'token', secret: token }));

    const ended = rig.provider.revoke(
      CREDENTIAL,
      { ...sampleVersion({ credentialId: CREDENTIAL.id }), secret },
      callContext(),
    );

    await expect(ended).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE', fields: { retryAfterMs: 30_000 } });
    await rig.stop();
  });

  const AWAY: readonly (readonly [string, ProxyMode, number | undefined])[] = [
    ['nobody answers', 'refuse', undefined],
    ['it is silent', 'black-hole', undefined],
    ['it is too busy', BUSY_HTTP, BUSY_HTTP.retryAfterMs],
    ['a network answers in its place', { answer: CAPTIVE_PORTAL }, undefined],
    [
      'a network sends elsewhere',
      { answer: 'HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\n\r\n' },
      undefined,
    ],
  ];

  it.each(AWAY)(
    'is PROVIDER_UNAVAILABLE while %s, and nothing is taken for dead',
    async (_what, mode, retryAfterMs) => {
      const rig = await makeRig();
      const secret = secretRef(CREDENTIAL.id, 1);
      const token = await rig.issue?.();
      await rig.secretStore.putIfAbsent(secret, JSON.stringify({ kind: 'http', id: 'token', secret: token }));
      const version = { ...sampleVersion({ credentialId: CREDENTIAL.id, version: 1 }), secret };
      rig.adminWay.mode = mode;
      const { provider } = rig;

      const results = await Promise.allSettled(
        [
          () => provider.probe(CREDENTIAL, callContext()),
          () => provider.quarantine(CREDENTIAL, version, callContext()),
          () => provider.revoke(CREDENTIAL, version, callContext()),
          () => provider.test(CREDENTIAL, version, callContext()),
        ].map((act) => act()),
      );

      expect(results).toEqual(
        Array(4).fill({
          status: 'rejected',
          reason: expect.objectContaining({
            code: 'PROVIDER_UNAVAILABLE',
            ...(retryAfterMs ? { fields: expect.objectContaining({ retryAfterMs }) as unknown } : {}),
          }) as unknown,
        }),
      );
      await rig.stop();
    },
  );

  it.each(['http://api.example.com', 'https://api.example.com/', 'api.example.com'])(
    'is not asked for at %s',
    (url) => {
      expect(githubAccount.safeParse({ url }).success).toBe(false);
    },
  );
});
