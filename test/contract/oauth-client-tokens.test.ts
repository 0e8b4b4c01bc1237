import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { createOauthClientProvider } from '../../activities/providers/oauth-client';
import { oauthClientAccount, type OauthClientSettings } from '../../activities/providers/oauth-account';
import { oauthPlace } from '../../activities/providers/oauth-place';
import { oauthTokens } from '../../activities/providers/oauth-tokens';
import type { SecretVersion } from '../../domain/credential';
import { parseMaterial } from '../../domain/secret-material';
import { FaultProxy } from '../../drills/chaos/fault-proxy';
import { callContext } from '../support/call-context';
import { eventually } from '../support/eventually';
import { TEST_FINGERPRINT_KEYS } from '../support/fingerprint-keys';
import { memorySecrets } from '../support/memory-secrets';
import { startNoticeReceiver } from '../support/notice-receiver';
import { startOidcServer, type OidcOptions } from '../../drills/systems/oidc-server';
import { sampleCredential, sampleVersion, secretRef } from '../support/sample-credential';

const CREDENTIAL = sampleCredential({ id: 'orders-client', provider: 'oauth-client' });
const context = callContext();
const started: { stop(): Promise<void> }[] = [];

afterEach(async () => {
  jest.restoreAllMocks();
  for (const one of started.splice(0).reverse()) await one.stop();
});

async function rig(options: OidcOptions = {}, isUnasked = false) {
  const server = await startOidcServer(options);
  started.push(server);
  const secrets = memorySecrets();
  const loginWay = await FaultProxy.start({ host: '127.0.0.1', port: server.port });
  started.push(loginWay);
  const { introspection, ...declared } = server.declare(undefined, `http://127.0.0.1:${loginWay.port}`);
  const settings: OauthClientSettings = { ...declared, ...(introspection && !isUnasked ? { introspection } : {}) };
  const provider = createOauthClientProvider(new Map([['orders', settings]]), secrets, TEST_FINGERPRINT_KEYS);
  const materialOf = async ({ secret }: SecretVersion) => parseMaterial('oauth-client', await secrets.get(secret));
  return {
    server,
    loginWay,
    provider,
    secrets,
    settings,
    async mint(version: number): Promise<SecretVersion> {
      const ref = { version, secret: secretRef(CREDENTIAL.id, version) };
      const { value } = await provider.createReplacement(CREDENTIAL, ref, context);
      return sampleVersion({ credentialId: CREDENTIAL.id, ...ref, ...value });
    },
    materialOf,
    async tokenOf(version: SecretVersion) {
      const { clientId, clientSecret } = await materialOf(version);
      return server.tokenOf(clientId, clientSecret);
    },
    quarantine: (version: SecretVersion) => provider.quarantine(CREDENTIAL, version, context),
    revoke: (version: SecretVersion) => provider.revoke(CREDENTIAL, version, context),
    verify: (old: SecretVersion, control: SecretVersion) => provider.verifyDead(CREDENTIAL, old, control, context),
  };
}

describe('the tokens that a client was given', () => {
  it('live on where the server does not end them: it is dead when they are', async () => {
    const { server, mint, revoke, verify, tokenOf } = await rig({ endsTokens: false, tokenSeconds: 3 });
    const [old, control] = [await mint(1), await mint(2)];
    const stolen = (await tokenOf(old)) ?? '';

    await revoke(old);
    const [seen, isStolenActive] = [await verify(old, control), await server.isActive(stolen)];
    const later = await eventually(
      () => verify(old, control),
      ({ verdict }) => verdict === 'dead',
      10_000,
    );

    expect([seen.verdict, seen.sessions, seen.oldRefused, isStolenActive]).toEqual(['unknown', 1, true, true]);
    expect([later.sessions, await server.isActive(stolen)]).toEqual([0, false]);
  });

  it('are looked at by the last one, also of a client that was refused before it was revoked', async () => {
    const { mint, quarantine, revoke, verify } = await rig({ endsTokens: false });
    const [old, control] = [await mint(1), await mint(2)];

    await quarantine(old);
    await revoke(old);

    expect(await verify(old, control)).toMatchObject({ verdict: 'unknown', sessions: 1 });
  });

  it.each([
    ['nobody can be asked', {}, true],
    ['who is asked says of every token of others that it is not active', { endsTokens: false, ownOnly: true }, false],
  ])('have to have ended by time where %s', async (_what, options, isUnasked) => {
    const { mint, revoke, verify } = await rig(options, isUnasked);
    const [old, control] = [await mint(1), await mint(2)];
    await revoke(old);

    const seen = await verify(old, control);
    const now = Date.now();
    jest.spyOn(Date, 'now').mockReturnValue(now + 601_000);

    expect(seen).toMatchObject({ verdict: 'unknown', sessions: 0, oldRefused: true });
    expect(seen.evidence).toContain('not known to be ended');
    expect(await verify(old, control)).toMatchObject({ verdict: 'dead' });
  });

  it('are not judged by one from before a release: others may have been given since', async () => {
    const { mint, quarantine, provider, loginWay, revoke, verify } = await rig({ endsTokens: false });
    const [old, control] = [await mint(1), await mint(2)];
    await quarantine(old);
    await provider.release(CREDENTIAL, old, context);

    loginWay.mode = 'refuse';
    await quarantine(old);
    loginWay.mode = 'pass';
    await revoke(old);

    expect((await verify(old, control)).evidence).toContain('tokens of the old not known to be ended');
  });

  it('are ended again where a check of ours was given one', async () => {
    const { settings, mint, materialOf } = await rig();
    const tokens = oauthTokens(settings, 'test', context.signal);
    const client = await materialOf(await mint(1));
    const answer = await tokens.request(client, []);
    const token = answer.is === 'accepted' ? (answer.token ?? '') : '';
    const before = await tokens.isActive(token);

    await tokens.end(answer, client);

    expect([before, await tokens.isActive(token)]).toEqual([true, false]);
  });
});

test('the account in the documentation is taken as it stands there', () => {
  const text = readFileSync(join(__dirname, '../../docs/operations.md'), 'utf8');
  const [, example = ''] = /## OAuth clients[^]*?```yaml\n([^]*?)```/.exec(text) ?? [];

  const { sso } = parse(example) as { sso: object };

  expect(oauthClientAccount.safeParse(sso).error).toBeUndefined();
  expect(oauthClientAccount.safeParse({ ...sso, tokenUrl: 'http://sso.example.com/token' }).success).toBe(false);
});

describe('a server', () => {
  it('that changes registration access tokens is given no client to keep: an answer lost later would leave one that nobody can end', async () => {
    const { server, mint } = await rig({ rotates: true });

    await expect(mint(1)).rejects.toMatchObject({
      code: 'PROVIDER_REFUSED',
      fields: { reply: 'an update changes the registration access token' },
    });

    expect(await server.clients()).toEqual([]);
  });

  it('keeps what a person has changed, when a client is refused and let in again', async () => {
    const { server, mint, quarantine, provider, secrets } = await rig();
    const version = await mint(1);
    const { uri, token, clientId } = JSON.parse(
      await secrets.get({ ...version.secret, path: `${version.secret.path}/registration` }),
    ) as { uri: string; token: string; clientId: string };
    const [{ client_secret: _secret, client_id_issued_at: _at, client_secret_expires_at: _until, ...before } = {}] =
      await server.clients();
    await fetch(uri, {
      method: 'PUT',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...before, client_id: clientId, scope: 'orders:read orders:write' }),
    });

    await quarantine(version);
    await provider.release(CREDENTIAL, version, context);

    expect(await server.clients()).toEqual([
      expect.objectContaining({ scope: 'orders:read orders:write', grant_types: ['client_credentials'] }),
    ]);
  });

  it('is left no client by an attempt that ends after it was undone', async () => {
    const { server, settings, secrets, provider } = await rig();
    const ref = secretRef(CREDENTIAL.id, 1);
    const place = oauthPlace({ settings, credential: CREDENTIAL, secrets, ref, mark: 'test', signal: context.signal });
    const unnamed = sampleVersion({ credentialId: CREDENTIAL.id, version: 1, publicId: '', secret: ref });

    await provider.discard(CREDENTIAL, unnamed, context);

    expect([await place.mint('late'), await place.kept.material(), await server.clients()]).toEqual([
      undefined,
      undefined,
      [],
    ]);
  });

  it('registers a client for the scopes of the credential, and for no more', async () => {
    const { server, mint } = await rig();

    const { publicId } = await mint(1);

    expect(await server.clients()).toEqual([
      expect.objectContaining({
        client_id: publicId,
        client_name: 'tourniquet orders-client v1',
        scope: 'orders:read',
        grant_types: ['client_credentials'],
      }),
    ]);
  });

  it('takes a secret of any characters', async () => {
    const { server, settings } = await rig();
    const tokens = oauthTokens(settings, 'test', context.signal);
    const { tokenUrl, authMethod } = settings;
    const known = { kind: 'oauth-client', tokenUrl, authMethod, ...server.reader } as const;

    const answers = [await tokens.request(known, []), await tokens.request({ ...known, clientSecret: 'x' }, [])];

    expect(answers).toEqual([{ is: 'no grant' }, { is: 'refused' }]);
  });

  it('has refused nobody when somebody before it has', async () => {
    const { settings } = await rig();
    const proxy = await startNoticeReceiver(401);
    started.push(proxy);
    const tokens = oauthTokens({ ...settings, tokenUrl: proxy.url }, 'test', context.signal);

    expect(await tokens.request({ clientId: 'a', clientSecret: 'b', authMethod: 'client_secret_basic' }, [])).toEqual({
      is: 'no answer',
    });
  });
});
