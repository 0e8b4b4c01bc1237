import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { createHttpProvider } from '../../activities/providers/http';
import { httpAccount, type HttpSettings } from '../../activities/providers/http-account';
import type { SecretVersion } from '../../domain/credential';
import { parseMaterial } from '../../domain/secret-material';
import { callContext } from '../support/call-context';
import { TEST_FINGERPRINT_KEYS } from '../support/fingerprint-keys';
import { memorySecrets } from '../support/memory-secrets';
import { startNoticeReceiver } from '../support/notice-receiver';
import { sampleCredential, sampleVersion, secretRef } from '../support/sample-credential';
import { startTokenServer, type TokenServer } from '../../drills/systems/token-server';
import { startUserServer } from '../support/user-server';

const CREDENTIAL = sampleCredential({ id: 'orders-forge', provider: 'http', scopes: ['read', 'write'] });
const context = callContext();

function rig(settings: HttpSettings) {
  const secrets = memorySecrets();
  const provider = createHttpProvider(new Map([['orders', settings]]), secrets, TEST_FINGERPRINT_KEYS);
  const refOf = (version: number) => ({ version, secret: secretRef(CREDENTIAL.id, version) });
  return {
    provider,
    refOf,
    unnamed: (version: number): SecretVersion =>
      sampleVersion({ credentialId: CREDENTIAL.id, publicId: '', subjects: [], ...refOf(version) }),
    async mint(version: number): Promise<SecretVersion> {
      const { value } = await provider.createReplacement(CREDENTIAL, refOf(version), context);
      return sampleVersion({ credentialId: CREDENTIAL.id, ...refOf(version), ...value });
    },
    valueOf: async ({ secret }: SecretVersion) => parseMaterial('http', await secrets.get(secret)).secret,
  };
}

describe('a system that shows a value once', () => {
  let server: TokenServer;

  beforeEach(async () => {
    server = await startTokenServer();
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    await server.stop();
  });

  it('gets what the declaration names: the principal, and the scopes as a list', async () => {
    const version = await rig(server.declare()).mint(1);

    expect(server.tokens.get(version.publicId)).toMatchObject({
      principal: CREDENTIAL.principal,
      scopes: ['read', 'write'],
    });
    expect(server.tokens.get(version.publicId)?.label).toMatch(/^tourniquet-orders-forge-v1-[0-9a-f]{12}$/);
  });

  it('is swept of one whose answer was lost, once no attempt can still store it', async () => {
    const { mint, valueOf } = rig(server.declare());
    const lost = new Promise(() => undefined);
    server.state.afterCreate = () => lost;
    await expect(mint(1)).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
    server.state.afterCreate = () => undefined;
    await expect(mint(1)).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
    expect([...server.tokens.keys()]).toEqual(['t1']);

    later(31_000);
    const version = await mint(1);

    expect([...server.tokens.keys()]).toEqual(['t2']);
    expect(server.accepts(await valueOf(version))).toBe(true);
  });

  it('is swept of it by the undo as well', async () => {
    const { mint, provider, unnamed } = rig(server.declare());
    server.state.afterCreate = () => new Promise(() => undefined);
    await expect(mint(1)).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
    const discard = () => provider.discard(CREDENTIAL, unnamed(1), context);
    await expect(discard()).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });

    later(31_000);

    expect([(await discard()).state, server.tokens.size]).toEqual(['done', 0]);
    server.state.afterCreate = () => undefined;
    await expect(mint(1)).rejects.toMatchObject({ code: 'PROVIDER_REFUSED', fields: { found: 'contained' } });
  });

  it('is asked again at once when it has refused', async () => {
    const { mint } = rig({ ...server.declare(), absent: [404] });
    const refusing = rig({
      ...server.declare(),
      create: { ...server.declare().create, url: `${server.url}/admin/nothing` },
    });
    await expect(refusing.mint(1)).rejects.toMatchObject({ code: 'PROVIDER_REFUSED', fields: { status: 404 } });
    await expect(refusing.mint(1)).rejects.toMatchObject({ code: 'PROVIDER_REFUSED' });

    expect((await mint(1)).publicId).toBe('t1');
  });

  it('that can refuse for good only says so, and is not asked to', async () => {
    const { disable: _disable, enable: _enable, disabled: _disabled, ...declared } = server.declare();
    const { mint, provider, valueOf } = rig(declared);
    const version = await mint(1);

    const { state, evidence } = await provider.quarantine(CREDENTIAL, version, context);

    expect([state, server.accepts(await valueOf(version))]).toEqual(['already', true]);
    expect(evidence).toContain('in no way but for good');
  });

  it('that has only a list is asked for that', async () => {
    const { find: _find, ...declared } = server.declare();
    const { mint, provider } = rig({
      ...declared,
      list: { ...declared.probe, url: `${server.url}/admin/tokens?label=all` },
    });

    const version = await mint(1);
    const states = [
      await provider.quarantine(CREDENTIAL, version, context),
      await provider.revoke(CREDENTIAL, version, context),
    ];
    const again = await provider.revoke(CREDENTIAL, version, context);

    expect([...states, again].map(({ state }) => state)).toEqual(['done', 'done', 'already']);
  });

  it('that asks us to wait is waited for', async () => {
    const busy = await startNoticeReceiver(200);
    await busy.behave('throttle');
    const probe = { ...server.declare().probe, method: 'POST' as const, url: busy.url };

    const probed = rig({ ...server.declare(), probe }).provider.probe(CREDENTIAL, context);

    await expect(probed).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE', fields: { retryAfterMs: 7_000 } });
    await busy.stop();
  });

  function later(ms: number): void {
    const now = Date.now();
    jest.spyOn(Date, 'now').mockReturnValue(now + ms);
  }
});

describe('the declaration of a system', () => {
  const call = (path: string, more: object = {}) => ({ method: 'GET', url: `https://forge.example/${path}`, ...more });
  const ours = {
    probe: call('me'),
    create: call('users', { method: 'PUT', body: { user: '{principal}', password: '{secret}' } }),
    gives: { id: '{principal}-v{version}' },
    find: call('users/{id}'),
    delete: call('users/{id}', { method: 'DELETE' }),
    present: call('login', { method: 'POST', form: { user: '{id}', password: '{secret}' } }),
  };
  const faultsOf = (declared: object): string =>
    httpAccount
      .safeParse(declared)
      .error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
      .join('\n') ?? '';

  it('may leave out what it does not need', () => {
    expect(faultsOf(ours)).toBe('');
  });

  it('stands in the documentation as it is taken', () => {
    const text = readFileSync(join(__dirname, '../../docs/operations.md'), 'utf8');
    const [, example = ''] = /## Any system by HTTP[^]*?```yaml\n([^]*?)```/.exec(text) ?? [];

    const { forge } = parse(example) as { forge: object };

    expect(faultsOf(forge)).toBe('');
  });

  it.each([
    ['a name that nobody knows', { find: call('users/{user}') }, 'names {user}; it may name admin, principal'],
    ['a secret in an address', { present: call('login?key={secret}') }, 'present.url: holds a secret'],
    ['clear text', { probe: { method: 'GET', url: 'http://forge.example/me' } }, 'probe.url: is no https:// URL'],
    ['a host from a value', { probe: { method: 'GET', url: 'https://{principal}/' } }, 'probe.url: is no https:// URL'],
    [
      'a host that a value goes on',
      { probe: { method: 'GET', url: 'https://a{principal}' } },
      'probe.url: is no https',
    ],
    ['an id that an answer may not give', { gives: { id: '/id' } }, 'gives: has to write the id out'],
    ['one way without its way back', { disable: call('users/{id}') }, 'disable: and `enable` are both needed'],
    ['no way to find what was lost', { gives: { id: '/id', secret: '/secret' } }, 'list: is needed'],
    ['no way to look one up', { find: undefined }, 'find: is needed, or a `list` of all'],
  ])('is refused for %s', (_what, more, fault) => {
    expect(faultsOf({ ...ours, ...more })).toContain(fault);
  });
});

describe('a system that takes our values', () => {
  it('learns them after they are stored, makes one however often it is asked, and brings nothing back', async () => {
    const server = await startUserServer();
    const { mint, provider, valueOf } = rig(server.settings);

    const [version, again] = [await mint(3), await mint(3)];
    const accepted = server.users.get('orders-v3') === (await valueOf(version));
    await provider.revoke(CREDENTIAL, version, context);
    const late = mint(3);

    expect([version.publicId, again.publicId, accepted]).toEqual(['orders-v3', 'orders-v3', true]);
    await expect(late).rejects.toMatchObject({ code: 'PROVIDER_REFUSED', fields: { found: 'contained' } });
    expect(server.users.size).toBe(0);
    await server.stop();
  });

  it('is not told to overwrite what somebody else has made', async () => {
    const server = await startUserServer();
    server.users.set('orders-v3', 'theirs');

    await expect(rig(server.settings).mint(3)).rejects.toMatchObject({ code: 'PROVIDER_REFUSED' });

    expect(server.users.get('orders-v3')).toBe('theirs');
    await server.stop();
  });
});
