import { createOauthClientProvider } from '../../activities/providers/oauth-client';
import { describeWith } from '../support/contract-cases';
import { eventually } from '../support/eventually';
import { keycloakClientAccount, type KeycloakClientSettings } from '../../activities/providers/keycloak-account';
import { join } from 'node:path';
import { parse } from 'yaml';
import { readFileSync } from 'node:fs';
import type { SecretVersion } from '../../domain/credential';
import { FaultProxy } from '../../drills/chaos/fault-proxy';
import { TEST_FINGERPRINT_KEYS } from '../support/fingerprint-keys';
import { callContext } from '../support/call-context';
import { createKeycloakClientProvider } from '../../activities/providers/keycloak-client';
import type { ProviderRig } from '../support/provider-rig';
import { BUSY_HTTP } from '../support/server-says';
import { describeCredentialProvider } from './credential-provider.contract';
import { memorySecrets } from '../support/memory-secrets';
import { missingForKeycloak } from '../support/keycloak-program';
import { oneByOne } from '../support/one-by-one';
import { parseMaterial } from '../../domain/secret-material';
import { randomUUID } from 'node:crypto';
import { sampleCredential, sampleVersion, secretRef } from '../support/sample-credential';
import { startKeycloak, type Keycloak } from '../support/keycloak-server';

/** The first time, it is fetched and built. */
const FIRST_MS = 300_000;

const missing = missingForKeycloak();
const isSkipped = missing !== undefined && !process.env['CI'];
if (isSkipped) process.stderr.write(`Keycloak is not looked at: ${missing}.\n`);

let keycloak: Keycloak;

// One for all of this file: it takes longer to start than most cases do.
if (!isSkipped)
  beforeAll(async () => {
    keycloak = await startKeycloak();
  }, FIRST_MS);

afterAll(() => keycloak?.stop());

/** What stands in a client whose first secret was ended. */
const NOBODYS = 'tourniquet-none-at-first';

/** The provider on a real Keycloak, for one of its clients, which has no secret that anybody knows. */
async function rigOf(principal: string, declared: Partial<KeycloakClientSettings> = {}) {
  const secrets = memorySecrets();
  const context = callContext();
  const settings = { ...keycloak.declare(), ...declared };
  const provider = createKeycloakClientProvider(
    new Map([['orders', settings]]),
    secrets,
    oneByOne(),
    TEST_FINGERPRINT_KEYS,
  );
  // One of its own each time: marks of another test's versions must say nothing.
  const credential = sampleCredential({ id: `${principal}-${randomUUID()}`, provider: 'keycloak-client', principal });
  const { attributes } = await keycloak.client(principal);
  await keycloak.change(principal, {
    secret: NOBODYS,
    // The end of another test's tokens may lie a second ahead.
    notBefore: 0,
    attributes: { ...(attributes as object), 'client.secret.rotated': '' },
  });

  async function secretOf({ secret }: SecretVersion): Promise<string> {
    return parseMaterial('oauth-client', await secrets.get(secret)).clientSecret;
  }

  const tokenOf = async (version: SecretVersion) => keycloak.tokenOf(principal, await secretOf(version));

  return {
    provider,
    credential,
    secrets,
    context,
    secretOf,
    tokenOf,
    accepts: async (version: SecretVersion) => (await tokenOf(version)) !== undefined,
    async mint(version: number): Promise<SecretVersion> {
      const ref = { version, secret: secretRef(credential.id, version) };
      const { value } = await provider.createReplacement(credential, ref, context);
      return sampleVersion({ credentialId: credential.id, ...ref, ...value });
    },
    /** A value that others have issued, as it is taken in. */
    async adopt(version: number, value: string): Promise<SecretVersion> {
      const adopted = provider.adopt?.(credential, { version, value });
      if (!adopted) throw new Error('nothing is taken in');
      const secret = secretRef(credential.id, version);
      await secrets.putIfAbsent(secret, JSON.stringify(adopted.material));
      const { publicId, subjects } = adopted;
      return sampleVersion({ credentialId: credential.id, version, publicId, subjects, secret });
    },
    inspect: async (version: SecretVersion) => provider.inspect?.(credential, version, context),
    quarantine: (version: SecretVersion) => provider.quarantine(credential, version, context),
    release: (version: SecretVersion) => provider.release(credential, version, context),
    revoke: (version: SecretVersion) => provider.revoke(credential, version, context),
    verify: (old: SecretVersion, control: SecretVersion) => provider.verifyDead(credential, old, control, context),
  };
}

async function makeRig(): Promise<ProviderRig> {
  const target = { host: '127.0.0.1', port: keycloak.port };
  const [adminWay, loginWay] = [await FaultProxy.start(target), await FaultProxy.start(target)];
  const settings = keycloak.declare(`http://127.0.0.1:${adminWay.port}`, `http://127.0.0.1:${loginWay.port}`);
  const { provider, credential, secrets, tokenOf, accepts } = await rigOf('orders', settings);
  const given = new Map<string, string[]>();

  return {
    provider,
    credential,
    secretStore: secrets,
    mostVersions: 2,
    adminWay,
    loginWay,
    busy: BUSY_HTTP,
    changing: /^(?:PUT|DELETE) |^POST \S*\/admin\//,
    // Not by the proxies: what is asked here must not depend on what a case broke.
    accepts,
    async openSession(version) {
      const token = await tokenOf(version);
      if (token === undefined) return undefined;
      given.set(version.publicId, [...(given.get(version.publicId) ?? []), token]);
      return { end: () => Promise.resolve() };
    },
    async sessions({ publicId }) {
      const are = await Promise.all((given.get(publicId) ?? []).map(keycloak.isActive));
      return are.filter(Boolean).length;
    },
    admin: keycloak.admin,
    records: () => keycloak.client('orders'),
    secrets: () => Promise.resolve([...secrets.stored().flatMap(secretsIn), settings.adminClientSecret]),
    stop: async () => void (await Promise.all([adminWay.stop(), loginWay.stop()])),
  };
}

/** Of what stands in the secret store: a client's secret, and the last token that it was given. */
function secretsIn(text: string): readonly string[] {
  return [...text.matchAll(/"(?:clientSecret|token)":"([^"]+)"/g)].map(([, value = '']) => value);
}

describeCredentialProvider({ name: 'keycloak-client', make: makeRig, missing });

describeWith(missing)('two secrets of one client', () => {
  /** The client as it is, without its secrets, their times and the end of its tokens. */
  async function restOf(principal: string): Promise<unknown> {
    const {
      secret: _secret,
      notBefore: _before,
      attributes,
      defaultClientScopes,
      ...rest
    } = await keycloak.client(principal);
    const steady = Object.entries(attributes as object).filter(([name]) => !name.startsWith('client.secret.'));
    return [
      rest,
      [...(defaultClientScopes as string[])].sort(),
      Object.fromEntries(steady),
      await keycloak.rolesOf(principal),
    ];
  }

  it('get tokens at the same time, with the rights of the client, until the old one is revoked', async () => {
    const rig = await rigOf('reports');
    const [old, next] = [await rig.mint(1), await rig.mint(2)];
    const both = [await rig.tokenOf(old), await rig.tokenOf(next)];

    await rig.revoke(old);

    expect(both.map(rolesIn)).toEqual([
      expect.arrayContaining(['order-reader']),
      expect.arrayContaining(['order-reader']),
    ]);
    expect([await rig.accepts(old), await rig.accepts(next)]).toEqual([false, true]);
  });

  it('have tokens that Keycloak does not tell apart: all are dead by introspection and by use, and the next of the other works', async () => {
    const rig = await rigOf('reports');
    const [old, next] = [await rig.mint(1), await rig.mint(2)];
    const tokens = [(await rig.tokenOf(old)) ?? '', (await rig.tokenOf(next)) ?? ''];
    const work = async (all: readonly string[]) =>
      Promise.all(all.flatMap((token) => [keycloak.isActive(token), keycloak.isTaken(token)]));
    const before = await work(tokens);

    await rig.revoke(old);
    const after = await work(tokens);
    const again = await eventually(
      async () => work([(await rig.tokenOf(next)) ?? '']),
      (are) => are.every(Boolean),
      5_000,
    );

    expect([before, after, again]).toEqual([Array(4).fill(true), Array(4).fill(false), [true, true]]);
    expect(await rig.verify(old, next)).toMatchObject({
      verdict: 'dead',
      proof: 'presented',
      sessions: 0,
      evidence: 'old refused, control accepted, tokens from before ended, the last of the old does not work any more',
    });
  });

  it('are changed, and nothing else of the client is: neither its roles nor what a person has set', async () => {
    const rig = await rigOf('reports');
    await keycloak.change('reports', { description: 'set by a person' });
    const before = await restOf('reports');

    const [old, next] = [await rig.mint(1), await rig.mint(2)];
    await rig.quarantine(old);
    await rig.release(old);
    await rig.revoke(next);

    expect(await restOf('reports')).toEqual(before);
    expect(await rig.accepts(old)).toBe(true);
  });

  it('are no more than two: a third is refused, and none of the others with it', async () => {
    const rig = await rigOf('reports');
    const both = [await rig.mint(1), await rig.mint(2)];

    await expect(rig.mint(3)).rejects.toMatchObject({
      code: 'PROVIDER_REFUSED',
      fields: { found: 'two secrets already' },
    });

    expect(await Promise.all(both.map(rig.accepts))).toEqual([true, true]);
  });

  it('are not made where no policy keeps the old one: that would cut its users off', async () => {
    const rig = await rigOf('reports');
    const only = await rig.mint(1);
    await keycloak.rotating(false);
    const found = { code: 'PROVIDER_REFUSED', fields: { found: 'no policy with the executor secret-rotation' } };

    await expect(rig.mint(2)).rejects.toMatchObject(found);
    await expect(rig.provider.probe(rig.credential, rig.context)).rejects.toMatchObject(found);
    await keycloak.rotating(true);

    expect(await rig.accepts(only)).toBe(true);
    await rig.mint(2);
    expect(await rig.accepts(only)).toBe(true);
  });

  it('end by themselves when the overlap is over: the older one', async () => {
    const rig = await rigOf('reports', { overlapSeconds: 2 });
    const [old, next] = [await rig.mint(1), await rig.mint(2)];
    const together = await rig.accepts(old);

    const later = await eventually(
      () => rig.accepts(old),
      (accepted) => !accepted,
      10_000,
    );

    expect([together, later, await rig.accepts(next)]).toEqual([true, false, true]);
  });

  it('are taken in as a person has left them, rotated in the console: the old one is ended by us', async () => {
    const rig = await rigOf('reports');
    const old = await rig.mint(1);
    const next = await rig.adopt(2, await keycloak.rotate('reports'));
    const strange = await rig.adopt(3, 'of another client');
    const inspected = await Promise.allSettled([old, next, strange].map(rig.inspect));
    const together = [await rig.accepts(old), await rig.accepts(next)];

    await rig.quarantine(old);
    await rig.revoke(old);

    expect(inspected).toMatchObject([
      { status: 'fulfilled' },
      { status: 'fulfilled' },
      { reason: { code: 'ADOPTION_REFUSED' } },
    ]);
    expect([together, await rig.accepts(old), await rig.accepts(next)]).toEqual([[true, true], false, true]);
    expect(await rig.verify(old, next)).toMatchObject({ verdict: 'dead' });
  });

  it('of which one is given back by a person are found alive, and it is taken away again', async () => {
    const rig = await rigOf('reports');
    const [old, next] = [await rig.mint(1), await rig.mint(2)];
    await rig.revoke(old);
    await keycloak.change('reports', { secret: await rig.secretOf(old) });

    const seen = await rig.verify(old, next);
    const again = await rig.revoke(old);

    expect([seen.verdict, again.state, await rig.accepts(old)]).toEqual(['alive', 'done', false]);
    await expect(rig.release(old)).rejects.toMatchObject({ code: 'CONTAINMENT_FINAL' });
  });

  it('are refused again, with all tokens from before, where a person sets the end of tokens back', async () => {
    const rig = await rigOf('reports');
    const [old, next] = [await rig.mint(1), await rig.mint(2)];
    const token = (await rig.tokenOf(old)) ?? '';
    await rig.revoke(old);
    await keycloak.change('reports', { notBefore: 0 });

    const [seen, isBack] = [await rig.verify(old, next), await keycloak.isActive(token)];
    const again = await rig.revoke(old);

    expect([seen.verdict, seen.sessions, isBack]).toEqual(['unknown', 1, true]);
    expect([again.state, await keycloak.isActive(token)]).toEqual(['done', false]);
    expect((await rig.verify(old, next)).verdict).toBe('dead');
  });

  it('are not touched of a client that is none of ours to change', async () => {
    const rig = await rigOf('reports');
    const other = (principal: string) => rig.provider.probe({ ...rig.credential, principal }, rig.context);

    await expect(other('nobody')).rejects.toMatchObject({ fields: { found: 'no such client' } });
    await expect(other('tourniquet')).rejects.toMatchObject({ fields: { found: 'our own admin' } });
    await expect(other('account')).rejects.toMatchObject({ fields: { found: 'authenticates otherwise' } });
    await keycloak.change('reports', { secret: '${vault.reports}' });
    await expect(other('reports')).rejects.toMatchObject({ fields: { found: 'a secret in a vault' } });
  });
});

function rolesIn(token = ''): readonly string[] {
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as {
    realm_access?: { roles: readonly string[] };
  };
  return claims.realm_access?.roles ?? [];
}

describeWith(missing)('oauth-client, by registration (RFC 7591 and 7592), on the same server', () => {
  async function registering() {
    const secrets = memorySecrets();
    const settings = await keycloak.declareRegistration();
    const provider = createOauthClientProvider(new Map([['orders', settings]]), secrets, TEST_FINGERPRINT_KEYS);
    const credential = sampleCredential({ id: 'orders-registered', provider: 'oauth-client' });
    const context = callContext();
    return {
      provider,
      credential,
      context,
      async mint(version: number): Promise<SecretVersion> {
        const ref = { version, secret: secretRef(credential.id, version) };
        const { value } = await provider.createReplacement(credential, ref, context);
        return sampleVersion({ credentialId: credential.id, ...ref, ...value });
      },
      async tokenOf({ secret }: SecretVersion): Promise<string | undefined> {
        const { clientId, clientSecret } = parseMaterial('oauth-client', await secrets.get(secret));
        return keycloak.tokenOf(clientId, clientSecret);
      },
    };
  }

  it('works where a policy leaves registration access tokens alone: tokens end with their client', async () => {
    const { provider, credential, context, mint, tokenOf } = await registering();
    await provider.probe(credential, context);
    const [old, next] = [await mint(1), await mint(2)];
    const [stolen = '', other = ''] = [await tokenOf(old), await tokenOf(next)];
    await provider.test(credential, next, context);

    await provider.quarantine(credential, old, context);
    const refused = await tokenOf(old);
    await provider.release(credential, old, context);
    const released = await tokenOf(old);
    await provider.revoke(credential, old, context);

    expect([refused, typeof released]).toEqual([undefined, 'string']);
    expect(await provider.verifyDead(credential, old, next, context)).toMatchObject({ verdict: 'dead', sessions: 0 });
    expect(await Promise.all([stolen, other].map(keycloak.isActive))).toEqual([false, true]);
    expect(await Promise.all([stolen, other].map(keycloak.isTaken))).toEqual([false, true]);
  });

  it('mints nothing where it does not', async () => {
    const { mint } = await registering();
    await keycloak.rotating(false);

    await expect(mint(1)).rejects.toMatchObject({
      fields: { reply: 'an update changes the registration access token' },
    });

    await keycloak.rotating(true);
  });
});

test('the account in the documentation is taken as it stands there', () => {
  const text = readFileSync(join(__dirname, '../../docs/operations.md'), 'utf8');
  const [, example = ''] = /## Clients of Keycloak[^]*?```yaml\n([^]*?)```/.exec(text) ?? [];

  const { sso } = parse(example) as { sso: object };
  const withUrl = (realmUrl: string) => keycloakClientAccount.safeParse({ ...sso, realmUrl });

  expect(keycloakClientAccount.safeParse(sso).error).toBeUndefined();
  expect(withUrl('https://sso.example.com/orders').error?.issues[0]?.message).toBe('does not end with /realms/<name>');
  expect(withUrl('http://sso.example.com/realms/orders').success).toBe(false);
});
