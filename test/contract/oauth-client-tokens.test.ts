import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { createOauthClientProvider } from '../../activities/providers/oauth-client';
import { oauthClientAccount, type OauthClientSettings } from '../../activities/providers/oauth-account';
import { oauthTokens } from '../../activities/providers/oauth-tokens';
import type { SecretVersion } from '../../domain/credential';
import { parseMaterial } from '../../domain/secret-material';
import { callContext } from '../support/call-context';
import { eventually } from '../support/eventually';
import { TEST_FINGERPRINT_KEYS } from '../support/fingerprint-keys';
import { memorySecrets } from '../support/memory-secrets';
import { startOidcServer, type OidcOptions, type OidcServer } from '../support/oidc-server';
import { sampleCredential, sampleVersion, secretRef } from '../support/sample-credential';

const CREDENTIAL = sampleCredential({ id: 'orders-client', provider: 'oauth-client' });
const context = callContext();
const started: OidcServer[] = [];

afterEach(async () => {
  jest.restoreAllMocks();
  for (const server of started.splice(0)) await server.stop();
});

async function rig(options: OidcOptions = {}, more: Partial<OauthClientSettings> = {}) {
  const server = await startOidcServer(options);
  started.push(server);
  const secrets = memorySecrets();
  const settings = { ...server.declare(), ...more };
  const provider = createOauthClientProvider(new Map([['orders', settings]]), secrets, TEST_FINGERPRINT_KEYS);
  const materialOf = async ({ secret }: SecretVersion) => parseMaterial('oauth-client', await secrets.get(secret));
  return {
    server,
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

  it('have to have ended by time where nobody can be asked, or none is known', async () => {
    const { mint, revoke, verify } = await rig({}, { introspectionUrl: undefined });
    const [old, control] = [await mint(1), await mint(2)];
    await revoke(old);

    const seen = await verify(old, control);
    const now = Date.now();
    jest.spyOn(Date, 'now').mockReturnValue(now + 601_000);

    expect(seen).toMatchObject({ verdict: 'unknown', sessions: 0, oldRefused: true });
    expect(seen.evidence).toContain('not known to be ended');
    expect(await verify(old, control)).toMatchObject({ verdict: 'dead' });
  });

  it('are ended again where a check of ours was given one', async () => {
    const { settings, mint, materialOf } = await rig();
    const tokens = oauthTokens(settings, 'test', context.signal);
    const client = await materialOf(await mint(1));
    const answer = await tokens.request(client, []);
    const token = answer.is === 'accepted' ? (answer.token ?? '') : '';
    const before = await tokens.isActive(token, client);

    await tokens.end(token, client);

    expect([before, await tokens.isActive(token, client)]).toEqual([true, false]);
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
});
